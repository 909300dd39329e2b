/** Docker's own network, in which it puts whatever asks for no other. */
export const dockerBridge = {
  cidr: '172.17.0.0/16',
  source: 'Docker Engine, default bridge',
  date: '2026-11-23',
};
