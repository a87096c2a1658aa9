update booking set status = 'PENDING';
