// Run one write and say what refused it: node refusal.js "update ...". Exit code 1 when refused, 2 for other errors.
const { Client } = require('pg');

// A refusal of a rule has a dot in its constraint; that of a claim is said by an index of ours.
const isRefusal = (error) =>
  (error.code === '23514' && (error.constraint || '').includes('.')) ||
  (['23505', '23P01'].includes(error.code) && /^interlock_.+_claim_/.test(error.constraint || ''));

async function main(write) {
  const client = new Client(); // PGHOST, PGDATABASE, ...
  await client.connect();
  try {
    await client.query(write);
    return 0;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const rule = error.code === '23514' ? JSON.parse(error.detail) : { code: 'IL15' };
    console.log(`sqlstate    ${error.code}`);
    console.log(`constraint  ${error.constraint}`);
    console.log(`rule        ${rule.code}`);
    console.log(`allowed     ${(rule.allowed || []).join(', ')}`);
    console.log(`hint        ${error.hint || ''}`);
    console.log(`detail      ${error.detail}`);
    return 1;
  } finally {
    await client.end();
  }
}

main(process.argv[2]).then(
  (code) => { process.exitCode = code; },
  (error) => { console.error(error.message); process.exitCode = 2; },
);
