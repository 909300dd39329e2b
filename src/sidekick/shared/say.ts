import { spawn } from 'node:child_process';

let last = '';

/** One line to the journal and to `systemctl status`, once per change. */
export function say(line: string): void {
  if (line === last) return;
  last = line;
  console.log(line);
  if (process.env.NOTIFY_SOCKET === undefined) return;
  // Node has no datagram sockets of the Unix kind. Whether the status line arrives decides nothing.
  spawn('systemd-notify', [`--status=${line}`], { stdio: 'ignore' }).on('error', () => {});
}
