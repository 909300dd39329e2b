import { spawn } from 'node:child_process';
import { visible } from './text.ts';

let last = '';
let notified = Promise.resolve();

/** Says something where nothing was said so far: who asks somebody slow is not to be silent about it. */
export function sayMeanwhile(words: string): void {
  if (last === '') say(words);
}

/** One line to the journal and to `systemctl status`, once per change: whatever of others is in it, it stays one. */
export function say(words: string): void {
  const line = visible(words, 2000);
  if (line === last) return;
  last = line;
  console.log(line);
  if (process.env.NOTIFY_SOCKET === undefined) return;
  // Node has no datagram sockets of the Unix kind. Whether the status line arrives decides nothing.
  notified = notified.then(
    () =>
      new Promise((resolve) => {
        // One after the other, so that the last line said is the one that stays.
        spawn('systemd-notify', [`--status=${line}`], { stdio: 'ignore' })
          .on('error', resolve)
          .on('exit', resolve);
      }),
  );
}
