/** Asks a port in one way and prints one line: what came of it. */
export const PROBE = `
const [kind, host, port, folder, pair, ca, hello] = process.argv.slice(1);
const { readFileSync } = require('node:fs');
const done = (text) => { console.log(text); process.exit(0); };
const read = (name) => readFileSync(folder + '/' + name);
const alert = (error) => done(/alert|ssl|tls/i.test(error.message) ? 'refused in the handshake' : error.code === 'ECONNREFUSED' ? 'nothing listens' : 'closed');
setTimeout(() => done('no answer'), 4000);
const speak = (socket) => {
  let got = '';
  socket.on('data', (bytes) => { got += bytes; if (/^HTTP/.test(got)) done('answers ' + got.split(' ')[1]); else done('answers'); });
  socket.on('close', () => done('closed'));
  socket.on('error', alert);
  socket.write(kind === 'rpc' ? Buffer.from([0]) : 'GET ' + hello + ' HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n');
};
const raw = require('node:net').connect({ host, port: Number(port) });
raw.on('error', alert);
raw.once('connect', () => {
  if (folder === '-') return speak(raw);
  if (kind === 'rpc') raw.write(Buffer.from([3]));
  const keys = pair === '-' ? {} : { cert: read(pair + '.crt'), key: read(pair + '.key') };
  const tls = require('node:tls').connect({ socket: raw, ca: ca === '-' ? undefined : readFileSync(ca), rejectUnauthorized: false, ...keys });
  tls.once('error', alert);
  tls.once('secureConnect', () => speak(tls));
});
`;
