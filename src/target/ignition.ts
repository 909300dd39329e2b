import { constants, Deflate } from 'pako';
import { base64, type DataUrl, plainDataUrl, shortestDataUrl } from '../format/data-url.ts';
import { gzip } from '../format/gzip.ts';
import { type IgnitionConfig, printIgnition, printIgnitionStub } from '../format/ignition.ts';
import { programSources } from '../plan/environment.ts';
import type { Owner, Plan } from '../plan/plan.ts';
import type { Spec } from '../spec/defaults.ts';
import type { Problem } from '../spec/problem.ts';
import { type Form, firstThatFits, type Written } from './form.ts';
import { ownerText } from './host-tree.ts';
import { PLATFORMS } from './limits.ts';
import type { Emitted, Part } from './target.ts';
import { type Fetched, uploadTo } from './upload.ts';

/** The writer that Ignition's targets share: a plan's files and units in Ignition's words. */

const { Z_SYNC_FLUSH } = constants;
const encode = (text: string) => new TextEncoder().encode(text);

/** These systems have no package manager. What `package` asks for is there only where the image has it, as with socat. */
export function checkPrograms(spec: Spec, target: string): Problem[] {
  return programSources(spec, 'etcd')
    .filter(([name, source]) => source === 'package' && name !== 'socat')
    .map(([name]) => ({
      code: 'no-package-manager',
      pointer: `/programs/${name}`,
      message: `\`programs.${name}\` is \`package\`, and ${target} installs none.`,
    }));
}

type Version = IgnitionConfig['ignition']['version'];

/** Root by its number: nobody has to be asked for that. */
const as = (text: string) => {
  if (text === 'root') return { id: 0 };
  return /^\d+$/.test(text) ? { id: Number(text) } : { name: text };
};
const owned = (owner: Owner | undefined) =>
  owner === undefined || ownerText(owner) === 'root' ? {} : { user: as(owner.user), group: as(owner.group) };

const yes = true as const;

/** Sections that only a spec with `extra` has. */
function extraSections({ extra }: Plan, version: Version, toUrl: (bytes: Uint8Array) => DataUrl) {
  const { users = [], groups = [], kernelArguments = [], ignition = [] } = extra ?? {};
  const passwd = {
    ...(groups.length > 0 && { groups: groups.map((name) => ({ name })) }),
    ...(users.length > 0 && {
      users: users.map(({ name, uid, groups: others, shell, keys }) => ({
        name,
        ...(uid === undefined ? {} : { uid }),
        ...(others.length > 0 && { groups: others }),
        shell,
        ...(keys.length > 0 && { sshAuthorizedKeys: keys }),
      })),
    }),
  };
  const documents = ignition.map(({ value }) => toUrl(encode(JSON.stringify(value))));
  const config = version === '2.2.0' ? { append: documents } : { merge: documents };
  return {
    ignition: { version, ...(documents.length > 0 && { config }) },
    ...(groups.length + users.length > 0 && { passwd }),
    ...(kernelArguments.length > 0 && { kernelArguments: { shouldExist: kernelArguments } }),
  };
}

export function toIgnition(plan: Plan, version: Version, toUrl: (bytes: Uint8Array) => DataUrl): IgnitionConfig {
  const place = version === '2.2.0' ? { filesystem: 'root' as const } : {};
  const { directories = [], states = [] } = plan.extra ?? {};
  return {
    ...extraSections(plan, version, toUrl),
    storage: {
      directories: [
        // The programs' folder is there before the first program: made by Ignition it has its label, where there are labels.
        { ...place, path: '/opt/quorumgate/bin', mode: 0o755 },
        ...directories.map(({ path, mode, owner }) => ({ ...place, path, mode, ...owned(owner) })),
      ],
      files: plan.files.map(({ path, mode, content, owner }) => ({
        ...place,
        path,
        mode,
        overwrite: true,
        ...owned(owner),
        contents: toUrl(encode(content)),
      })),
    },
    systemd: {
      units: [
        ...plan.units.map(({ name, content, enabled }) => ({
          name,
          ...(enabled ? { enabled } : {}),
          contents: content,
        })),
        ...states.map(({ name, state }) => (state === 'masked' ? { name, mask: yes } : { name, enabled: yes })),
      ],
    },
  };
}

/** Entries of a document with the part of the plan that each comes from, in the order of `printIgnition`. */
function entries(plan: Plan, { storage, systemd }: IgnitionConfig): { name: string; pointer: string; text: string }[] {
  return [
    ...plan.files.map(({ path, pointer }, index) => ({ name: path, pointer, entry: storage.files[index] })),
    ...plan.units.map(({ name, pointer = '' }, index) => ({ name, pointer, entry: systemd.units[index] })),
  ].map(({ name, pointer, entry }) => ({ name, pointer, text: `${JSON.stringify(entry)},\n` }));
}

/** The cost of each file and unit, largest first. */
export function weigh(
  plan: Plan,
  config: IgnitionConfig,
  cost: (text: string) => number = (text) => text.length,
): Part[] {
  return entries(plan, config)
    .map(({ name, pointer, text }) => ({ name, pointer, bytes: cost(text) }))
    .sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
}

/** How much longer a stream of gzip in base64 grows by each text, given one after the other. */
export function growth(): (text: string) => number {
  const stream = new Deflate({ level: 9, memLevel: 9 });
  let written = 0;
  stream.onData = (chunk) => {
    written += (chunk as Uint8Array).length;
  };
  return (text) => {
    const before = written;
    stream.push(encode(text), Z_SYNC_FLUSH);
    return Math.ceil(((written - before) * 4) / 3);
  };
}

/** `TARGET/ROLE/config.ign`, with the parts that it weighs. */
export function writeDocument(folder: string, text: string, parts: () => Part[]): Written {
  return { files: [{ path: `${folder}/config.ign`, bytes: encode(text) }], parts };
}

/** Seconds until a server's headers have come: Ignition's own default, in so many words. */
const HEADERS = 10;

/** A stub that has another document fetched; legal in every version. None where the spec names no place for it. */
export function byUrl(
  folder: string,
  version: Version,
  { documents: { baseUrl, timeout }, environment: proxy }: Fetched,
  whole: () => Written,
): Form[] {
  if (baseUrl === undefined) return [];
  const write = () => {
    const { files } = whole();
    const upload = uploadTo(baseUrl, folder, 'ign', files[0].bytes);
    const replace = { source: upload.url, verification: { hash: `sha512-${upload.sha512}` as const } };
    const timeouts = { httpResponseHeaders: HEADERS, httpTotal: timeout };
    const text = printIgnitionStub({ ignition: { version, config: { replace }, timeouts, ...(proxy && { proxy }) } });
    const stub = writeDocument(folder, text, () => []);
    return { ...stub, files: [stub.files[0], upload.file], uploads: [upload] } satisfies Written;
  };
  return [{ name: 'config.replace by URL', write }];
}

/**
 * One document of spec 3.3.0: as it is while that fits, else compressed whole in a stub that the reader unpacks, else
 * fetched.
 */
export function emitIgnition3(plan: Plan, target: string, spec: Fetched): Emitted {
  const folder = `${target}/${plan.role}`;
  const inline = () => {
    const config = toIgnition(plan, '3.3.0', (bytes) => shortestDataUrl(bytes, gzip));
    return writeDocument(folder, printIgnition(config), () => weigh(plan, config));
  };
  const wrapped = () => {
    // Whole texts that are alike compress better than what is already compressed.
    const inner = toIgnition(plan, '3.3.0', plainDataUrl);
    const source = `data:;base64,${base64(gzip(encode(printIgnition(inner))))}`;
    const stub = printIgnitionStub({
      ignition: { version: '3.3.0', config: { replace: { source, compression: 'gzip' } } },
    });
    return writeDocument(folder, stub, () => weigh(plan, inner, growth()));
  };
  return firstThatFits(plan.role, PLATFORMS[spec.documents.platform], [
    { name: 'inline', write: inline },
    { name: 'config.replace with gzip', write: wrapped },
    ...byUrl(folder, '3.3.0', spec, inline),
  ]);
}
