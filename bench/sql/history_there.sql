update booking set status = 'PENDING_APPROVAL';
