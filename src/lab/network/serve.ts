import { createSocket } from 'node:dgram';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { basename, join } from 'node:path';
import { answerFaulty, type Fault } from '../../testing/faulty-answer.ts';
import { MANIFEST_TYPE } from '../image/pod-image.ts';
import { answer } from './dns-answer.ts';
import { IMDS_ADDRESS, imds } from './imds.ts';
import { instanceAt } from './instance.ts';

export interface ServeOptions {
  /** The bridge's address. */
  address: string;
  /** Directory of the artifacts. */
  store: string;
  /** Directory of what the lab's hosts fetch because it did not fit. */
  uploads: string;
  /** Directory of the hosts' directories: where instances are found. */
  hosts: string;
  /** Written when all servers listen. */
  ready: string;
}

/** A name that Consul does not know: hosts must go on resolving such names. */
const ORDINARY_NAME = 'ordinary.test';

/** Where tests say how the artifact server fails: a JSON object, from a host's address to its fault. */
export const faultsFile = (ready: string) => `${ready}-faults.json`;

/** Where tests say which names there are besides: a JSON object, from a name in lower case to its address. */
export const namesFile = (ready: string) => `${ready}-names.json`;

function namesBesides(ready: string): Record<string, string> {
  const file = namesFile(ready);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function faultFor(ready: string, host: string | undefined): Fault | undefined {
  const file = faultsFile(ready);
  if (host === undefined || !existsSync(file)) return undefined;
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Fault>)[host];
}

function artifactServer({ uploads, store, ready }: ServeOptions): Server {
  return createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://lab').pathname;
    if (path === '/v2/') return response.writeHead(200).end();
    const name = basename(path);
    const file = [uploads, store].map((folder) => join(folder, name)).find((one) => existsSync(one)) ?? '';
    try {
      const fault = faultFor(ready, request.socket.remoteAddress);
      if (fault !== undefined && existsSync(file)) return answerFaulty(fault, response, readFileSync(file));
      // Images are kept as a registry gives them out: by digest, only that it says what a manifest is.
      const type = path.includes('/manifests/') ? { 'content-type': MANIFEST_TYPE } : {};
      response.writeHead(200, { 'content-length': statSync(file).size, ...type });
      createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
}

/** Serves what the lab's network offers its hosts: artifacts over HTTP, ordinary names over DNS, EC2's metadata. Runs until it is killed. */
export async function serve(options: ServeOptions): Promise<void> {
  const { address, hosts, ready } = options;
  const dns = createSocket('udp4');
  dns.on('message', (query, from) => {
    const reply = answer(query, { [ORDINARY_NAME]: address, ...namesBesides(ready) });
    if (reply !== undefined) dns.send(reply, from.port, from.address);
  });
  const http = artifactServer(options);
  await new Promise<void>((resolve) => dns.bind(53, address, resolve));
  await new Promise<void>((resolve) => http.listen(80, address, resolve));
  const metadata = createServer(imds({ instanceAt: (from) => instanceAt(hosts, from) }));
  await new Promise<void>((resolve) => metadata.listen(80, IMDS_ADDRESS, resolve));
  await writeFile(ready, '');
}
