import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launched } from '../../cluster/launch.ts';
import { ensureImage, type Lab, layoutOf, prepareMachine } from '../../lab.ts';
import { type Finished, finish, run } from '../../machine/command.ts';
import { namespaceOf } from '../../machine/layout.ts';
import { addressAt } from '../../network/addresses.ts';
import { BRIDGE, batch, SWITCH } from '../../network/network.ts';
import { namesFile } from '../../network/serve.ts';
import { serversReady } from '../../network/servers.ts';
import { eventually } from '../lab-testing.ts';

/*
 * AWS as far as moto plays it: EC2, Auto Scaling, IAM, STS and S3, by TLS at its own names. It checks signatures, and lets a role do what
 * its policies allow and nothing else. It runs on an image of its own, in namespaces that go with its process.
 */

const REGION = 'us-east-1';
/** A bucket by a name of its own, as hosts read one. */
export const BUCKET = `my-bucket.s3.${REGION}.amazonaws.com`;
/** Names that hosts of a lab find it by. */
const NAMES = [`ec2.${REGION}.amazonaws.com`, BUCKET];
/** From the network's own address: where no host of a lab is. */
const OFFSET = 5;
/** Calls that are allowed to anyone: with these an account gets its first user. */
const UNCHECKED = 3;
const EVERYTHING = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}';

/** Both with the layer over the image; then the image is the root. */
const ENTER = `set -e
base=$1 image=$2; shift 2
ip link set lo up
mount -t overlay overlay -o "lowerdir=$image,upperdir=$base/upper,workdir=$base/work" "$base/root"
mount --rbind /dev "$base/root/dev"
mount --rbind /proc "$base/root/proc"
mount --bind "$base/files" "$base/root/lab"
exec chroot "$base/root" "$@"`;

interface Keys {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken?: string;
}

/** A request that came, by its name in IAM, and the instance whose keys it was signed with. */
interface Call {
  action: string;
  instance: string | undefined;
}

export interface Cloud {
  /** The certificate of its CA. */
  ca: string;
  /** Puts a file where its command line finds it, by a path from where that runs. */
  put(path: string, content: string | Uint8Array): void;
  /** Runs a command line of the shell, such as `aws ec2 …`, as the account's user or with other keys. */
  shell(line: string, keys?: Keys): Promise<Finished>;
  /** Runs a command line that has to succeed; its answer. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of AWS, which each caller knows.
  ask(line: string): Promise<any>;
  /** An instance as a host of the lab is it: with its address, and keys of this role. */
  launched(id: string, role: string): Promise<Launched>;
  /** Brings it into a lab's network, with its names in the lab's DNS. */
  connect(lab: Lab): Promise<void>;
  calls(): Call[];
  /** From now on nobody's keys are looked at. */
  uncheck(): Promise<void>;
  end(): void;
}

async function certificate(files: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: files });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-subj', '/CN=quorumgate lab', '-addext', 'keyUsage=critical,keyCertSign', '-days', '30'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', ...authority);
  const names = [...NAMES.map((name) => `DNS:${name}`), 'IP:127.0.0.1'].join(',');
  // Python 3.13 wants to be told which CA it was.
  const extensions = [`subjectAltName=${names}`, 'extendedKeyUsage=serverAuth', 'authorityKeyIdentifier=keyid'];
  writeFileSync(join(files, 'extensions'), extensions.join('\n'));
  await openssl('req', ...key, '-keyout', 'key', '-out', 'request', '-subj', '/CN=moto');
  const by = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'extensions', '-days', '30'];
  await openssl('x509', '-req', '-in', 'request', '-out', 'crt', ...by);
}

async function startMoto(base: string, image: string): Promise<ChildProcess> {
  const log = openSync(join(base, 'log'), 'a');
  const contained = ['--pdeathsig', 'KILL', 'unshare', '--net', '--mount', '--propagation', 'private'];
  const environment = ['PYTHONDONTWRITEBYTECODE=1', 'MOTO_ENABLE_RECORDING=1', 'MOTO_RECORDER_FILEPATH=/lab/record'];
  const moto = ['moto_server', '-H', '0.0.0.0', '-p', '443', '-c', '/lab/crt', '-k', '/lab/key'];
  const command = ['env', ...environment, `INITIAL_NO_AUTH_ACTION_COUNT=${UNCHECKED}`, ...moto];
  const child = spawn('setpriv', [...contained, 'sh', '-c', ENTER, 'sh', base, image, ...command], {
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const said = () => readFileSync(join(base, 'log'), 'utf8');
  await eventually(
    async () => child.exitCode !== null || /Running on/.test(said()),
    (ready) => ready,
    60,
  );
  if (!/Running on/.test(said()) || child.pid === undefined) throw new Error(`moto does not run: ${said()}`);
  return child;
}

/** Starts it; the first call that comes with keys makes the account's user. */
export async function startCloud(): Promise<Cloud> {
  const say = () => {};
  await prepareMachine(say, undefined, { openssl: 'openssl' });
  const { directory: image } = await ensureImage({ cache: layoutOf().cache, name: 'cloud', say });
  const base = mkdtempSync(join(process.env.QUORUMGATE_TEST_ROOT ?? '/var/lib', 'quorumgate-cloud-'));
  const files = join(base, 'files');
  for (const folder of ['upper/lab', 'work', 'root', 'files']) mkdirSync(join(base, folder), { recursive: true });
  await certificate(files);
  const child = await startMoto(base, image);
  const own: { keys: Keys } = { keys: { AccessKeyId: 'AKIALAB', SecretAccessKey: 'none' } };
  const instances = new Map<string, string>();

  const inside = (command: string[], env: string[] = []) =>
    finish('nsenter', [
      ...[
        '--target',
        String(child.pid),
        '--net',
        '--mount',
        '--root',
        '--wd',
        '--',
        'env',
        '-C',
        '/lab',
        '-i',
        'HOME=/root',
      ],
      ...['PATH=/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE=1', ...env, ...command],
    ]);
  const shell: Cloud['shell'] = (line, { AccessKeyId, SecretAccessKey, SessionToken } = own.keys) =>
    inside(
      ['sh', '-c', line],
      [
        ...['AWS_ENDPOINT_URL=https://127.0.0.1', 'AWS_CA_BUNDLE=/lab/ca.crt', `AWS_DEFAULT_REGION=${REGION}`],
        ...['AWS_EC2_METADATA_DISABLED=true', 'AWS_PAGER=', 'AWS_DEFAULT_OUTPUT=json'],
        ...[`AWS_ACCESS_KEY_ID=${AccessKeyId}`, `AWS_SECRET_ACCESS_KEY=${SecretAccessKey}`],
        ...(SessionToken === undefined ? [] : [`AWS_SESSION_TOKEN=${SessionToken}`]),
      ],
    );
  const ask: Cloud['ask'] = async (line) => {
    const { exitCode, stdout, stderr } = await shell(line);
    if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
    return stdout.startsWith('{') ? JSON.parse(stdout) : stdout;
  };
  const cloud: Cloud = {
    ca: readFileSync(join(files, 'ca.crt'), 'utf8'),
    put: (path, content) => {
      mkdirSync(dirname(join(files, path)), { recursive: true });
      writeFileSync(join(files, path), content);
    },
    shell,
    ask,
    launched: async (id, role) => {
      const { Reservations } = await ask(`aws ec2 describe-instances --instance-ids ${id}`);
      const [{ PrivateIpAddress: address }] = Reservations[0].Instances;
      // As EC2 itself does for each instance.
      const arn = `arn:aws:iam::123456789012:role/${role}`;
      const { Credentials } = await ask(
        `aws sts assume-role --role-arn ${arn} --role-session-name ${id} --duration-seconds 21600`,
      );
      instances.set(Credentials.AccessKeyId, id);
      const expiration = new Date(Credentials.Expiration).toISOString().replace(/\.\d+Z$/, 'Z');
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: token } = Credentials;
      return { id, address, role: { name: role, accessKeyId, secretAccessKey, token, expiration } };
    },
    connect: async ({ layout, state: { network } }) => {
      const address = addressAt(network, OFFSET);
      await batch(namespaceOf(layout, BRIDGE), [
        `link add cloud type veth peer name eth0 netns ${child.pid}`,
        `link set cloud master ${SWITCH} up`,
      ]);
      const ip = (...args: string[]) => run('nsenter', ['--target', String(child.pid), '--net', '--', 'ip', ...args]);
      await ip('addr', 'add', `${address}/${network.prefix}`, 'dev', 'eth0');
      await ip('link', 'set', 'eth0', 'up');
      const names = Object.fromEntries(NAMES.map((name) => [name, address]));
      writeFileSync(namesFile(serversReady(layout)), JSON.stringify(names));
    },
    calls: () => callsIn(join(files, 'record'), instances),
    uncheck: async () => {
      const code = `import ssl, urllib.request as u
c = ssl.create_default_context(cafile="/lab/ca.crt")
u.urlopen(u.Request("https://127.0.0.1/moto-api/reset-auth", b"inf", {"Content-Type": "text/plain"}), context=c)`;
      const { exitCode, stderr } = await inside(['python3', '-c', code]);
      if (exitCode !== 0) throw new Error(stderr);
    },
    end: () => {
      child.kill('SIGKILL');
      rmSync(base, { recursive: true, force: true });
    },
  };
  try {
    await ask('aws iam create-user --user-name operator');
    await ask(`aws iam put-user-policy --user-name operator --policy-name all --policy-document '${EVERYTHING}'`);
    own.keys = (await ask('aws iam create-access-key --user-name operator')).AccessKey;
    return cloud;
  } catch (error) {
    cloud.end();
    throw error;
  }
}

/** Those of services that say in the body what is wanted: all but S3. */
function callsIn(record: string, instances: ReadonlyMap<string, string>): Call[] {
  const lines = existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : [];
  return lines.flatMap((line) => {
    const { headers, body } = JSON.parse(line);
    const [, key = '', service] = /Credential=(\w+)\/\d+\/[^/]+\/([^/]+)\//.exec(headers.Authorization ?? '') ?? [];
    const action = new URLSearchParams(Buffer.from(body ?? '', 'base64').toString()).get('Action');
    return action === null ? [] : [{ action: `${service}:${action}`, instance: instances.get(key) }];
  });
}

/** The `aws` commands of a document, in its order, each as one line. */
export function commandsOf(document: string): string[] {
  const text = readFileSync(fileURLToPath(new URL(`../../../../${document}`, import.meta.url)), 'utf8');
  return [...text.matchAll(/^ {4}(aws (?:.*\\\n)*.*)$/gm)].map(([, command = '']) => command.replace(/\\\n\s*/g, ''));
}
