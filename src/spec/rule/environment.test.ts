import test from 'ava';
import { marked } from '../marked-testing.ts';
import { readSpec } from '../read.ts';
import { SMALLEST } from '../reference.ts';

/** Each diagnostic as `code: marked text`. */
const finds = test.macro<[environment: string, ...expected: string[]]>({
  exec(t, environment, ...expected) {
    const { diagnostics } = readSpec(`${SMALLEST}environment: {${environment}}\n`, 'cluster.yaml', ['aws']);
    t.deepEqual(marked(diagnostics), expected);
  },
  title: (_, environment, ...expected) => `${expected.join(', ') || 'nothing'} in {${environment}}`,
});

test(finds, 'httpProxy: "http://proxy.example.com:3128"');
test(finds, 'httpProxy: "http://10.0.0.1:3128/", httpsProxy: "https://[fd00::1]:3128"');
test(finds, 'httpsProxy: "http://p", noProxy: [.example.com, 10.0.0.0/8, localhost, "fd00::/8", "*", "a:8080"]');
test(finds, '', 'choose-one: {}');
test(finds, 'httpProxy: "proxy:3128"', 'bad-format: "proxy:3128"');
test(finds, 'httpProxy: "socks5://p:1"', 'bad-format: "socks5://p:1"');
test(finds, 'httpProxy: "http://p:1/%h"', 'bad-format: "http://p:1/%h"');
test(finds, "httpProxy: 'http://p\"x:1'", `bad-format: 'http://p"x:1'`);
test(finds, 'httpProxy: "http://ann:pass@p:1"', 'proxy-credentials: "http://********@p:1"');
test(finds, 'httpsProxy: "http://ann@p:1"', 'proxy-credentials: "http://***@p:1"');
test(finds, 'httpProxy: "http://p", noProxy: ["a b"]', 'bad-format: "a b"');
test(finds, 'httpProxy: "http://p", noProxy: "a,b"', 'wrong-type: "a,b"');
test(finds, 'httpProxy: "http://p", noProxy: ["a,b"]', 'bad-format: "a,b"');
test(finds, 'noProxy: [a]', 'proxy-unneeded: environment');

test('no message repeats a password', (t) => {
  const text = `${SMALLEST}environment: {httpProxy: "http://ann:hunter2@p:1"}\n`;
  const [found] = readSpec(text, 'cluster.yaml', ['aws']).diagnostics;
  t.false(JSON.stringify({ ...found, place: undefined }).includes('hunter2'));
});

test('a proxy for nothing is one too many', (t) => {
  const text = SMALLEST.replace(/programs:[\s\S]*/, 'programs: {socat: image, node: image}\n');
  const codes = (more: string) => readSpec(text + more, 'x', ['aws']).diagnostics.map(({ code }) => code);
  t.deepEqual(codes('environment: {httpProxy: "http://p"}'), ['proxy-unneeded']);
  t.deepEqual(codes('environment: {httpProxy: "http://p"}\ndocuments: {baseUrl: "https://x"}'), []);
});
