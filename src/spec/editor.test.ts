import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';

// An editor as most people have it: the language server of YAML, which reads what an example's first line names.
const root = path.join(import.meta.dirname, '../..');
const program = createRequire(import.meta.url).resolve('yaml-language-server/bin/yaml-language-server');
type Message = { id?: number; method?: string; params?: Record<string, unknown>; result?: unknown };

class Editor {
  readonly #server: ChildProcess;
  readonly #waiting = new Map<number | string, (found: unknown) => void>();
  #rest = Buffer.alloc(0);
  #last = 0;

  constructor() {
    this.#server = spawn(process.execPath, [program, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#server.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  async end(): Promise<void> {
    this.#server.kill();
    await once(this.#server, 'exit');
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const head = this.#rest.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(this.#rest.subarray(0, head).toString())?.[1]);
      const end = head + 4 + length;
      if (head < 0 || this.#rest.length < end) return;
      this.#take(JSON.parse(this.#rest.subarray(head + 4, end).toString()) as Message);
      this.#rest = this.#rest.subarray(end);
    }
  }

  #take({ id, method, params, result }: Message): void {
    const items = (params?.['items'] ?? []) as unknown[];
    if (id !== undefined && method !== undefined) this.#send({ id, result: items.map(() => ({})) });
    else if (id !== undefined) this.#waiting.get(id)?.(result);
    else if (method === 'textDocument/publishDiagnostics')
      this.#waiting.get(String(params?.['uri']))?.(params?.['diagnostics']);
  }

  #send(message: Message): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#server.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  ask(method: string, params: Record<string, unknown>): Promise<unknown> {
    const id = ++this.#last;
    const answer = new Promise((resolve) => this.#waiting.set(id, resolve));
    this.#send({ id, method, params });
    return answer;
  }

  /** Shows a text as that file until what is marked in it, as `LINE: MESSAGE`, is as wanted: what comes first may be of nothing yet. */
  shows(file: string, text: string, isWanted: (marks: string[]) => boolean): Promise<string[]> {
    const uri = pathToFileURL(file).href;
    const isOpen = this.#waiting.has(uri);
    return new Promise((resolve) => {
      this.#waiting.set(uri, (found) => {
        const all = found as { message: string; range: { start: { line: number } } }[];
        const marks = all.map(({ message, range }) => `${range.start.line + 1}: ${message}`);
        if (isWanted(marks)) resolve(marks);
      });
      const version = ++this.#last;
      this.#send(
        isOpen
          ? { method: 'textDocument/didChange', params: { textDocument: { uri, version }, contentChanges: [{ text }] } }
          : { method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'yaml', version, text } } },
      );
    });
  }

  /** The words that are offered at a place, counted from 0. */
  async offers(file: string, line: number, character: number): Promise<string[]> {
    const textDocument = { uri: pathToFileURL(file).href };
    const found = await this.ask('textDocument/completion', { textDocument, position: { line, character } });
    const { items } = found as { items: { label: string; insertText?: string }[] };
    return items.filter(({ insertText }) => insertText !== undefined).map(({ label }) => label);
  }
}

async function newEditor(): Promise<Editor> {
  const editor = new Editor();
  const completionItem = { snippetSupport: true };
  const capabilities = { textDocument: { completion: { completionItem } } };
  await editor.ask('initialize', { processId: process.pid, rootUri: null, capabilities });
  return editor;
}

const folders = ['examples', 'examples/compose'];
const files = folders.flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(root, folder, name)),
);

test('an editor reads the schema that each example names, and has nothing to say', async (t) => {
  const editor = await newEditor();
  t.teardown(() => editor.end());
  t.true(files.length >= 8);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    t.regex(text, /^# yaml-language-server: \$schema=[./]+\/dist\/schema\.json\n/, file);
    const marked = await editor.shows(file, `${text}sizes: 3\n`, (marks) => marks.length > 0);
    t.regex(marked.join(), /^\d+: Property sizes is not allowed/, file);
    await editor.shows(file, text, (marks) => marks.length === 0);
  }
});

const BEGUN = `# yaml-language-server: $schema=../dist/schema.json
version: 1
targets: [aws]
address:
  .
consul:
  servers: .
programs:
  etcd:
    .
tls:
  .
`;

test('it completes what has been begun', async (t) => {
  const editor = await newEditor();
  t.teardown(() => editor.end());
  const file = path.join(root, 'examples/begun.yaml');
  const begun = BEGUN.replace(/\.$/gm, '');
  await editor.shows(file, begun, (marks) => marks.length > 0);
  const at = (line: number, character: number) => editor.offers(file, line, character);
  t.true((await at(2, 10)).includes('flatcar'));
  t.deepEqual((await at(4, 2)).sort(), ['cidr', 'interface', 'metadata']);
  t.deepEqual((await at(6, 11)).sort(), ['existing', 'members', 'role']);
  for (const word of ['url', 'sha256']) t.true((await at(9, 4)).includes(word), word);
  for (const word of ['peer', 'client']) t.true((await at(11, 2)).includes(word), word);
});
