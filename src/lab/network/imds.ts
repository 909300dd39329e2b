import { randomBytes } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type Instance, type Tree, treeOf } from './instance.ts';

/** Where an instance finds its metadata service: link-local, on its own link. */
export const IMDS_ADDRESS = '169.254.169.254';

export interface ImdsOptions {
  /** The instance that a request from this address comes from. */
  instanceAt(address: string): Instance | undefined;
  /** Milliseconds of a clock that only goes forward. */
  now?(): number;
}

const TOKEN = 'x-aws-ec2-metadata-token';
const TTL = `${TOKEN}-ttl-seconds`;
const LONGEST = 21_600;

/** As the service lists them (EC2 User Guide, "Access instance metadata", looked up 2026-11-25); all answer alike here. */
const VERSIONS = [
  '1.0',
  ...['2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01', '2008-09-01', '2009-04-04'],
  ...['2011-01-01', '2011-05-01', '2012-01-12', '2014-02-25', '2014-11-05', '2015-10-20', '2016-04-19', '2016-06-30'],
  ...['2016-09-02', '2018-03-28', '2018-08-17', '2018-09-24', '2019-10-01', '2020-10-27', '2021-01-03', '2021-03-23'],
  'latest',
];

interface Session {
  /** A token is of one instance and of no other. */
  instance: string;
  ends: number;
}

/** An entry of a directory is a line, that of a directory with a slash; right below a version there is none. */
function listing(tree: Tree, slash = '/'): string {
  return Object.entries(tree)
    .map(([name, value]) => (typeof value === 'string' || value instanceof Uint8Array ? name : `${name}${slash}`))
    .join('\n');
}

/** The text at a path of the service; undefined when nothing is there. */
function find(instance: Instance, path: string): string | Uint8Array | undefined {
  const [version, ...names] = path.split('/').filter((part) => part !== '');
  if (version === undefined) return VERSIONS.join('\n');
  if (!VERSIONS.includes(version)) return undefined;
  let found: Tree[string] | undefined = treeOf(instance);
  for (const name of names) {
    if (found === undefined || typeof found === 'string' || found instanceof Uint8Array) return undefined;
    found = Object.hasOwn(found, name) ? found[name] : undefined;
  }
  if (found === undefined || typeof found === 'string') return found;
  return found instanceof Uint8Array ? found : listing(found, names.length === 0 ? '' : '/');
}

function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://imds').pathname);
  } catch {
    return undefined;
  }
}

/**
 * The instance metadata service as EC2 has it with IMDSv2 required and tags allowed: sessions by token, no answer
 * without one, to each instance its own data. Codes: EC2 User Guide, "Use the Instance Metadata Service" (looked up
 * 2026-11-25): 400 for a bad request for a token, 401 without a valid token, 403 for what came through a proxy.
 */
export function imds({ instanceAt, now = () => performance.now() }: ImdsOptions): RequestListener {
  const sessions = new Map<string, Session>();

  const issue = (request: IncomingMessage, response: ServerResponse, instance: Instance) => {
    if (request.headers['x-forwarded-for'] !== undefined) return refuse(response, 403);
    const asked = String(request.headers[TTL]);
    const seconds = /^\d{1,5}$/.test(asked) ? Number(asked) : 0;
    if (seconds < 1 || seconds > LONGEST) return refuse(response, 400);
    for (const [token, { ends }] of sessions) if (ends <= now()) sessions.delete(token);
    const token = randomBytes(42).toString('base64');
    sessions.set(token, { instance: instance.id, ends: now() + seconds * 1000 });
    response.writeHead(200, { 'content-type': 'text/plain', [TTL]: seconds }).end(token);
  };

  const tell = (request: IncomingMessage, response: ServerResponse, instance: Instance, path: string) => {
    const session = sessions.get(String(request.headers[TOKEN]));
    const left = session?.instance === instance.id ? session.ends - now() : 0;
    if (left <= 0) return refuse(response, 401);
    const found = find(instance, path);
    if (found === undefined) return refuse(response, 404);
    const body = Buffer.from(found);
    const type = found instanceof Uint8Array ? 'application/octet-stream' : 'text/plain';
    const headers = { 'content-type': type, 'content-length': body.length, [TTL]: Math.ceil(left / 1000) };
    response.writeHead(200, headers).end(body);
  };

  return (request, response) => {
    const { method } = request;
    const path = pathOf(request);
    if (path === undefined) return refuse(response, 400);
    const instance = instanceAt(request.socket.remoteAddress ?? '');
    if (instance === undefined) return refuse(response, 404);
    const wanted = path === '/latest/api/token' ? ['PUT'] : ['GET', 'HEAD'];
    if (!wanted.includes(method ?? '')) return refuse(response, 405);
    return method === 'PUT' ? issue(request, response, instance) : tell(request, response, instance, path);
  };
}

function refuse(response: ServerResponse, code: number): void {
  response.writeHead(code, { 'content-length': 0 }).end();
}
