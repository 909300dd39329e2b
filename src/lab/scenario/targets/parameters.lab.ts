import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { readTar } from '../../../format/tar.ts';
import { brought, deliveredIn } from '../../../testing/delivery.ts';
import { SHELLS } from '../../../testing/script.ts';
import { Safe } from '../safe-testing.ts';

// The commands of docs/secrets.md, word for word, by the AWS CLI, against moto, and by the script that delivers on hosts. No host boots.
const missing = ['aws', 'moto_server'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
if (missing.length > 0) console.error(`secrets from AWS are left out: there is no ${missing.join(' and no ')} here`);
const awsTest = missing.length === 0 ? test.serial : test.serial.skip;

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../../../docs/secrets.md', import.meta.url)), 'utf8');

/** The one place of the document that is so. */
function only(form: RegExp): string {
  const found = [...DOCUMENT.matchAll(form)].map(([, text = '']) => text);
  if (found.length !== 1) throw new Error(`${found.length} of ${form}`);
  return found[0] ?? '';
}

const SPEC = `version: 1
cluster: {name: mycluster, size: 3}
targets: [aws]
address: {metadata: ec2}
consul: {servers: members, join: [provider=aws tag_key=etcd tag_value=mycluster], version: 2.1.0}
etcd: {version: 3.7.3}
secrets: image
programs: {sidekick: {url: "https://artifacts.example.com/etcd-sidekick.cjs"}}
`;

interface Keys {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken?: string;
}

/** AWS by moto, on loopback: at first it lets everybody do everything. */
class Cloud {
  readonly endpoint: string;
  private readonly child: ChildProcess;
  readonly folder: string;

  private constructor(child: ChildProcess, port: number, folder: string) {
    this.child = child;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.folder = folder;
  }

  static async start(folder: string): Promise<Cloud> {
    const port = await freePort();
    const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', `${port}`], { stdio: 'ignore', detached: true });
    const cloud = new Cloud(child, port, folder);
    for (let tries = 0; tries < 300; tries++) {
      const is = await fetch(`${cloud.endpoint}/moto-api/`).catch(() => undefined);
      if (is?.ok) return cloud;
      await sleep(200);
    }
    cloud.end();
    throw new Error('moto does not answer');
  }

  /** The environment of whoever has these keys, and nothing else of the machine's. */
  env(keys: Keys = { AccessKeyId: 'any', SecretAccessKey: 'any' }): NodeJS.ProcessEnv {
    const { AccessKeyId, SecretAccessKey, SessionToken } = keys;
    return {
      HOME: this.folder,
      PATH: process.env['PATH'],
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      ...(SessionToken && { AWS_SESSION_TOKEN: SessionToken }),
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_EC2_METADATA_DISABLED: 'true',
    };
  }

  /** A command of a user who may do everything; what it printed. */
  sh(command: string, env = this.env()): string {
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: this.folder, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command}: ${stderr}`);
    return stdout;
  }

  /** The keys of a role that may do this alone, as an instance with it has them. Of resources moto (5.2.1) knows but all. */
  role(name: string, action: string): Keys {
    const trust = { Version: '2012-10-17', Statement: [] };
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] };
    writeFileSync(join(this.folder, 'trust.json'), JSON.stringify(trust));
    writeFileSync(join(this.folder, 'policy.json'), JSON.stringify(policy));
    this.sh(`aws iam create-role --role-name ${name} --assume-role-policy-document file://trust.json`);
    this.sh(`aws iam put-role-policy --role-name ${name} --policy-name read --policy-document file://policy.json`);
    const arn = `arn:aws:iam::123456789012:role/${name}`;
    const said = this.sh(`aws sts assume-role --role-arn ${arn} --role-session-name i-1 --output json`);
    return (JSON.parse(said) as { Credentials: Keys }).Credentials;
  }

  /** From now on signatures and policies are checked. */
  async check(): Promise<void> {
    const headers = { 'Content-Type': 'text/plain' };
    await fetch(`${this.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0', headers });
  }

  end(): void {
    if (this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function play(t: ExecutionContext, given: { put: string; get: string; action: string; most: number }) {
  t.timeout(300_000);
  const folder = mkdtempSync(join(tmpdir(), 'quorumgate-parameters-'));
  const addresses = '10.0.0.11,10.0.0.12,10.0.0.13';
  try {
    await Safe.with(SPEC, ['--host', `etcd=${addresses}`], async (safe) => {
      const archive = await safe.archive('etcd');
      const cloud = await Cloud.start(folder);
      try {
        // Where the document's own commands find it.
        cloud.sh(`cp -r ${safe.directory}/packed .; test -e packed/etcd.tar`);
        cloud.sh(given.put);
        const value = cloud.sh(given.get).trim();
        t.log(`${value.length} of ${given.most} bytes`);
        t.true(value.length <= given.most);
        t.true(gunzipSync(Buffer.from(value, 'base64')).equals(archive), 'byte for byte');

        const may = cloud.role('member', given.action);
        const other = cloud.role('other', 's3:GetObject');
        await cloud.check();

        const packed = readTar(archive);
        const wanted = Object.fromEntries(packed.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()]));
        t.is(packed.length, 13);
        const list = packed.map(({ path }) => `${path} PLACE/${path}\n`).join('');
        // The AWS CLI is where the script looks on hosts, and anywhere here.
        const command = `PATH=$AWS_PATH:$PATH\n${given.get}`;
        const how = (keys: Keys) => ({ list, command, env: { ...cloud.env(keys), AWS_PATH: process.env['PATH'] } });
        for (const shell of SHELLS) {
          const { code, said, errors, run } = await brought(folder, shell, how(may));
          t.is(code, 0, said);
          t.deepEqual(deliveredIn(run), wanted);
          for (const word of safe.words('etcd')) t.false((said + errors).includes(word));
        }
        const [shell = []] = SHELLS;
        const denied = await brought(folder, shell, { ...how(other), until: /waiting: .*\n/ });
        t.regex(denied.said, /waiting: the command of `secrets` ended with 25\d; what it said is in \S+delivery\.log/);
      } finally {
        cloud.end();
      }
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

awsTest(
  'SSM Parameter Store: the documented commands bring the archive, by a role that may read it alone',
  async (t) => {
    await play(t, {
      put: only(/^(gzip .* \| aws ssm put-parameter .*)$/gm),
      get: only(/^ {2}command: (aws ssm .*)$/gm),
      action: 'ssm:GetParameter',
      most: 8192,
    });
  },
);

awsTest('Secrets Manager: the same', async (t) => {
  await play(t, {
    put: only(/^(gzip .* \| aws secretsmanager create-secret .*)$/gm),
    get: only(/`(aws secretsmanager get-secret-value [^`]*)`/g),
    action: 'secretsmanager:GetSecretValue',
    most: 65_536,
  });
});
