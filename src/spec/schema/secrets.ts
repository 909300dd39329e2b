import { Type } from 'typebox';
import { strict, Text, WordOr } from './parts.ts';
import { FETCHABLE } from './program.ts';

const Delivery = Type.Object(
  {
    url: Type.Optional(
      Text({
        ...FETCHABLE,
        form: 'a URL that starts with `https://` or `http://` and holds no spaces',
        description:
          'Where the host fetches the archive, encrypted unless who may fetch it may have its secrets. `command` then decrypts it.',
        examples: ['https://example.com/secrets.tar.enc'],
      }),
    ),
    sha256: Type.Optional(
      Text({
        pattern: '^[0-9a-f]{64}$',
        form: '64 lower-case hex digits, as `sha256sum` prints them',
        description: 'SHA-256 of the bytes behind `url`. The host never uses what does not match.',
      }),
    ),
    command: Type.Optional(
      Text({
        pattern: '^[ -~]([ -~\\n]*[ -~\\n])?$',
        form: 'a command of `sh`: visible ASCII, spaces and newlines',
        maxLength: 2000,
        description:
          "Command of `sh`, run as root, that prints the archive; it may read what is behind `url` as its input, and knows `QG_NAME` and `QG_ADDRESS`. It is in user-data: it fetches a secret by the host's own rights, and holds none.",
        examples: [
          'aws ssm get-parameter --name "/etcd/$QG_NAME" --with-decryption --query Parameter.Value --output text',
        ],
      }),
    ),
    timeout: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 3600,
        description: 'Seconds that fetching, and the command, may each take. 60, unless it is given.',
        examples: [60],
      }),
    ),
  },
  {
    ...strict,
    description:
      'A tar archive, plain, compressed or in base64, with a file for each secret (`quorumgate pki pack` makes it).',
  },
);

/** How files with secrets reach a host. */
export const Secrets = WordOr(['image', 'credentials', 'off'], Delivery, {
  description:
    "How secrets reach a host, and that all is secured by them: etcd's TLS, and Consul's TLS, gossip key and tokens, each unless it says otherwise (docs/secrets.md). `image`: they are in `/etc/quorumgate-secrets`. `credentials`: systemd's own, `quorumgate.NAME`. `off`, in so many words: in plain, and open to everybody.",
  examples: ['image'],
});
