import { createSocket } from 'node:dgram';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { basename, join } from 'node:path';
import { answer } from './dns-answer.ts';

export interface ServeOptions {
  /** The bridge's address. */
  address: string;
  /** Directory of the artifacts. */
  store: string;
  /** Directory of what the lab's hosts fetch because it did not fit. */
  uploads: string;
  /** Written when both servers listen. */
  ready: string;
}

/** A name that Consul does not know: hosts must go on resolving such names. */
export const ORDINARY_NAME = 'ordinary.test';

function artifactServer(folders: readonly string[]): Server {
  return createServer((request, response) => {
    const name = basename(new URL(request.url ?? '/', 'http://lab').pathname);
    const file = folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? '';
    try {
      response.writeHead(200, { 'content-length': statSync(file).size });
      createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
}

/** What the lab's network offers its hosts: artifacts over HTTP, ordinary names over DNS. Runs until it is killed. */
export async function serve({ address, store, uploads, ready }: ServeOptions): Promise<void> {
  const dns = createSocket('udp4');
  dns.on('message', (query, from) => {
    const reply = answer(query, { [ORDINARY_NAME]: address });
    if (reply !== undefined) dns.send(reply, from.port, from.address);
  });
  const http = artifactServer([uploads, store]);
  await new Promise<void>((resolve) => dns.bind(53, address, resolve));
  await new Promise<void>((resolve) => http.listen(80, address, resolve));
  await writeFile(ready, '');
}
