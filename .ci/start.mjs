// `npm start`: compiles the example, boots its hosts on this machine until they are one cluster, takes them down again.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { noLab, prepare, root } from './prepare.mjs';

const spec = 'examples/mycluster.yaml';
let stopped = false;

/** Runs quorumgate; its exit code. @param {string[]} args @returns {Promise<number>} */
function quorumgate(...args) {
  console.log(`\n$ quorumgate ${args.join(' ')}`);
  const program = path.join(root, 'dist/cli/index.mjs');
  const child = spawn(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function start() {
  prepare();
  const compiled = await quorumgate('compile', spec, '-o', 'out');
  if (compiled !== 0) return compiled;
  const obstacle = noLab();
  if (obstacle !== undefined) {
    console.log(`\n${obstacle}: booting the hosts is left out. What they would boot from is in out/.`);
    return 0;
  }
  try {
    const up = await quorumgate('lab', 'up', spec);
    return up !== 0 || stopped ? up || 1 : await quorumgate('lab', 'status');
  } finally {
    await quorumgate('lab', 'down');
  }
}

// The terminal sends these to the lab as well, which stops by itself; what was booted is taken down all the same.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => (stopped = true));

process.exitCode = await start();
