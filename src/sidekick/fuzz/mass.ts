import fc from 'fast-check';
import { consulPort } from '../host/consul.ts';
import { etcdPort } from '../host/etcd.ts';
import type { Ask, Reply } from '../host/http.ts';
import { settings } from '../host/server-testing.ts';
import { type Answer, answersLike } from './answers.ts';
import { type FuzzedRequest, trueAnswer, unsoundness } from './requests.ts';

/** An answer as the network would make it. */
export function replyOf({ status, headers, body }: Answer): Reply {
  try {
    return { status, headers, body: new TextDecoder('utf-8', { fatal: true }).decode(body) };
  } catch {
    throw new Error('the answer is not UTF-8 text');
  }
}

/** The exchange in which one request gets this answer, and all others true ones. */
function exchangeWith(request: FuzzedRequest, answer: () => Answer) {
  const reply = (url: string, method: string): Reply => {
    const { pathname, search } = new URL(url);
    const asking = `${method} ${pathname}${search}`;
    if (request.asks.test(asking)) return replyOf(answer());
    const value = trueAnswer(asking, request.name);
    const body = typeof value === 'string' ? value : JSON.stringify(value);
    const headers = { ...request.headers, 'x-consul-index': '7' };
    if (typeof value === 'number') return { status: value, headers, body: '' };
    const isRefusal = typeof value === 'object' && value !== null && 'code' in value;
    return { status: isRefusal ? 400 : 200, headers, body };
  };
  return (url: string, { method = 'GET' }: Ask) => Promise.resolve().then(() => reply(url, method));
}

/** Generated answers to one request, until one is not borne: told with the answer, as small as it could be made. */
export async function findUnsound(request: FuzzedRequest, count: number, seed: number): Promise<string | undefined> {
  let answer: Answer;
  const exchange = exchangeWith(request, () => answer);
  const look = async (one: Answer) => {
    answer = one;
    const consul = consulPort(settings, {}, undefined, exchange);
    const etcd = etcdPort(settings, '/run/etcd', exchange);
    const [outcome] = await Promise.allSettled([request.run({ consul, etcd, via: 'http://10.0.0.2:2380' })]);
    return unsoundness(request, outcome as PromiseSettledResult<unknown>);
  };
  const answers = answersLike(request.truth, request.headers, request.status);
  const property = fc.asyncProperty(answers, async (one) => (await look(one)) === undefined);
  const { failed, counterexample } = await fc.check(property, { numRuns: count, seed });
  if (!failed) return undefined;
  const [found] = counterexample as [Answer];
  const body = JSON.stringify(Buffer.from(found.body).toString('latin1').slice(0, 500));
  return `${request.name}, seed ${seed}: ${await look(found)}\nto ${found.status} ${JSON.stringify(found.headers)} ${body}`;
}
