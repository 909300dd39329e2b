import { diagnose } from './diagnostic/diagnose.ts';
import type { Diagnostic } from './diagnostic/diagnostic.ts';
import { buildPlans } from './plan/build.ts';
import { checkExtra } from './plan/extra-check.ts';
import type { Assets, Plan } from './plan/plan.ts';
import { policies } from './plan/policies.ts';
import { type OwnScript, withOwnScript } from './plan/script.ts';
import { secretsShown } from './plan/secrets.ts';
import type { Spec } from './spec/defaults.ts';
import { type LockFile, readLock } from './spec/lock.ts';
import { lockProblems, wantedReleases, withReleases } from './spec/locked.ts';
import type { Problem } from './spec/problem.ts';
import { type PlaceOf, readSpec } from './spec/read.ts';
import { unreadFragments } from './target/extra.ts';
import { targets } from './target/index.ts';
import { type Need, needs } from './target/needs.ts';
import type { Emitted, Limit, OutputFile, Part, Target, Upload } from './target/target.ts';
import { textFile } from './target/text-file.ts';

export type { Assets, LockFile, OutputFile };

/** One document for the hosts of a role, as programs read of it (`--format json`). */
export interface Sized {
  target: string;
  role: string;
  /** The document itself: what a host is handed. */
  file: OutputFile;
  /** Bytes that the limit counts. */
  size: number;
  limit: Limit;
  form?: string;
  forms?: readonly string[];
  /** The parts that weigh most in it, where that was weighed. */
  largest: readonly Part[];
}

export interface Compiled {
  /** Empty when there is any error. */
  files: OutputFile[];
  diagnostics: Diagnostic[];
  documents: Sized[];
  needs: Need[];
  /** The hosts of each role, whatever boots them. */
  plans: Plan[];
  /** The place in the text of what a pointer names. */
  place: PlaceOf;
  /** Documents and needs in lines for people: each document's size against its limit, what is largest where that is near, and what is needed. */
  report: string[];
  /** The spec with defaults; undefined when it has errors. */
  spec?: Spec;
}

export interface CompileOptions {
  /** Name of the spec in diagnostics. */
  file: string;
  assets: Assets;
  /** The lock file's place beside the spec; undefined when that came from standard input, beside which there is nothing. */
  lock?: LockFile | undefined;
  /** Say of every document what is largest in it. To weigh takes longer than all the rest: else only near the limit. */
  sizes?: boolean | undefined;
  /** A reason that allows what `allow` may, beside those of the spec: for hosts that do not run what the spec names, or run already. */
  excuse?: string | undefined;
  /** Changes the valid spec before it is planned: the lab's own addresses and artifacts. */
  overlay?: (spec: Spec) => Spec;
}

/** The library's front door: a spec in, files and diagnostics out. Pure: the same text gives the same bytes. */
export function compile(
  text: string,
  { file, assets, lock, sizes = false, excuse, overlay }: CompileOptions,
): Compiled {
  const known = targets.map((target) => target.name);
  const { spec: written, diagnostics, place } = readSpec(text, file, known, excuse);
  if (written === undefined) return { ...NOTHING, diagnostics, place };
  const placed = ({ code, on, ...problem }: Problem) =>
    diagnose(code, { ...problem, place: place(problem.pointer, on) });
  const { spec: named, refused: unlocked } = locked(overlay?.(written) ?? written, lock, file, placed);
  const { spec, script } = withOwnScript(named, assets);
  const chosen = targets.filter((target) => spec.targets.includes(target.name));
  const unread = unreadFragments(spec, chosen, targets).map(placed);
  const told = [...diagnostics, ...unread];
  const unable = [...unlocked, ...chosen.flatMap((target) => target.check?.(spec) ?? []).map(placed)];
  // A release without its hash is in no plan yet.
  const plans = unlocked.length > 0 ? [] : buildPlans(spec, assets);
  const refused = [...unable, ...[...checkExtra(plans, spec), ...secretsShown(plans)].map(placed)];
  if (refused.length > 0) return { ...NOTHING, diagnostics: [...told, ...refused], place };
  const outputs = chosen.map((target) => ({ target, ...target.emit(plans, assets, spec) }));
  const documents = outputs.flatMap(({ target, documents }) =>
    documents.map((document) => sized(target, document, sizes)),
  );
  const oversized = documents.filter(({ size, limit }) => size > limit.bytes).map((one) => tooLarge(one, spec, place));
  const all = [...told, ...oversized];
  const failed = all.some(({ severity }) => severity === 'error');
  const uploads = [
    ...outputs.flatMap(({ documents }) => documents.flatMap(({ uploads: own = [] }) => own)),
    ...(script === undefined ? [] : [{ path: SCRIPT, url: script.url }]),
  ];
  const names = chosen.map(({ name }) => name);
  const rights = outputs.flatMap(({ rights: own = [] }) => own);
  const wanted = failed ? [] : [...uploads.map(uploadNeed), ...rights, ...needs(spec, plans, names)];
  return {
    files: failed
      ? []
      : [
          ...outputs.flatMap(({ documents, shared = [] }) => [...documents.flatMap(({ files }) => files), ...shared]),
          ...scriptFiles(script),
          ...policyFiles(spec),
        ],
    diagnostics: all,
    place,
    plans,
    documents,
    needs: wanted,
    report: [
      ...outputs.flatMap(({ target, notes = [] }) => [
        ...documents.filter((one) => one.target === target.name).map(sizeLine),
        ...notes,
      ]),
      ...wanted.map(({ text }) => `before a host boots, ${text}`),
    ],
    ...(failed ? {} : { spec }),
  };
}

/** The answer to a spec with errors, but for these. */
export const NOTHING = { files: [], plans: [], documents: [], needs: [], report: [] };

/** The spec with its releases as they are locked, and what keeps any from being so. */
function locked(
  spec: Spec,
  lock: LockFile | undefined,
  file: string,
  placed: (problem: Problem) => Diagnostic,
): { spec: Spec; refused: Diagnostic[] } {
  const [first] = wantedReleases(spec);
  if (first === undefined) return { spec: withReleases(spec), refused: [] };
  const pointer = `/programs/${first.program}`;
  const without = (problem: Omit<Problem, 'pointer'>) => ({
    spec: withReleases(spec),
    refused: [placed({ ...problem, pointer })],
  });
  if (lock === undefined) return without({ code: 'lock-nowhere', message: 'There is no lock file for this spec.' });
  if (lock.text === undefined && lock.unreadable === undefined) {
    return without({ code: 'lock-missing', message: `There is no ${lock.file}.`, detail: { spec: file } });
  }
  const programs = readLock(lock, file);
  if (Array.isArray(programs)) return { spec: withReleases(spec), refused: programs };
  return { spec: withReleases(spec, programs), refused: lockProblems(spec, programs, lock.file, file).map(placed) };
}

const UPLOAD = 'upload';
const POLICIES = 'consul';
const SCRIPT = `${UPLOAD}/etcd-sidekick.cjs`;

/** Every folder that may be among the first parts of the files' paths: those of targets, and what is there once for all. */
export const FOLDERS: readonly string[] = [...targets.map(({ name }) => name), UPLOAD, POLICIES];

/** Of each token's rights, where the hosts have tokens. */
const policyFiles = (spec: Spec): OutputFile[] =>
  spec.consul.tokens === undefined
    ? []
    : Object.entries(policies(spec)).map(([holder, rules]) => textFile(`${POLICIES}/policies/${holder}.hcl`, rules));

const scriptFiles = (script: OwnScript | undefined): OutputFile[] =>
  script === undefined ? [] : [{ path: SCRIPT, bytes: script.bytes }];

const uploadNeed = ({ path, url }: Upload): Need => ({
  kind: 'upload',
  items: [path, url],
  text: `put ${path} at ${url} (it holds no secret)`,
});

/** Of its limit: a document with more of it may not fit when the next key is written. */
const NEAR = 3 / 4;

function sized(target: Target, document: Emitted, sizes: boolean): Sized {
  const { role, size, limit, form, forms, files } = document;
  const [file] = files;
  if (file === undefined) throw new Error(`${target.name}/${role} has no document`);
  return {
    target: target.name,
    role,
    file,
    size,
    limit,
    ...(form === undefined ? {} : { form }),
    ...(forms === undefined ? {} : { forms }),
    largest: sizes || size > NEAR * limit.bytes ? document.parts : [],
  };
}

const thousands = (bytes: number) => String(bytes).replace(/\B(?=(\d{3})+$)/g, ',');

function heaviest(parts: readonly Part[]): string {
  return parts
    .slice(0, 3)
    .map(({ name, bytes }) => `${name} ${thousands(bytes)}`)
    .join(', ');
}

function sizeLine(document: Sized): string {
  const { target, role, size, limit, form, largest } = document;
  const most = Number.isFinite(limit.bytes) ? ` of ${thousands(limit.bytes)}` : '';
  const share = `${thousands(size)}${most} bytes`;
  const named = form === undefined ? '' : `, ${form}`;
  const weight = largest.length === 0 ? '' : `; largest: ${heaviest(largest)}`;
  return `${target}/${role}: ${share} (${counted(document)})${named}${weight}`;
}

function counted({ limit }: Sized): string {
  if (!Number.isFinite(limit.bytes)) return limit.place;
  return `${limit.place}: ${limit.counted === 'raw' ? 'raw bytes, before base64' : 'bytes of base64'}`;
}

function tooLarge(document: Sized, { documents, targets: named }: Spec, place: PlaceOf): Diagnostic {
  const { largest, size, limit, target, role } = document;
  // A part that every spec has: the target is what asks for a document of this size.
  const part = largest[0]?.pointer ?? '';
  const pointer = part === '' ? `/targets/${named.indexOf(target)}` : part;
  const ways = [
    ...(largest.some(({ name }) => name.endsWith('/etcd-sidekick'))
      ? ['bring the sidekicks by `programs.sidekick: {url: https://…/etcd-sidekick.cjs}`']
      : []),
    ...(documents.baseUrl === undefined
      ? ['write `documents: {baseUrl: …}`, where hosts fetch what does not fit']
      : []),
    'shorten what is largest',
  ];
  const over = `${thousands(size)} bytes, ${thousands(size - limit.bytes)} over the limit of ${thousands(limit.bytes)}`;
  return diagnose('output-too-large', {
    pointer,
    message: `The document for ${target}/${role} has ${over} (${counted(document)}).`,
    place: place(pointer),
    detail: { largest: heaviest(largest), ways: ways.join(', or '), source: `${limit.source}, ${limit.date}` },
  });
}
