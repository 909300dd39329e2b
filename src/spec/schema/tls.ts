import { Type } from 'typebox';
import { HostPath, SecretPath, strict, Text, WordOr } from './parts.ts';

const TlsFiles = (what: string, cert: string, ca: string) => ({
  cert: HostPath(`Certificate (PEM) that the member shows to its ${what}.`, `/etc/etcd/${cert}.crt`),
  key: HostPath('Its private key (PEM), readable by user `etcd`.', `/etc/etcd/${cert}.key`),
  ca: HostPath(`CA certificates (PEM), up to the root, that ${what} are verified with.`, `/etc/etcd/${ca}.crt`),
  crl: Type.Optional(
    HostPath(
      `Revocation list (DER): ${what} with a certificate on it are refused. Where it is missing, all of them are.`,
      `/etc/etcd/${ca.replace('-ca', '')}.crl`,
    ),
  ),
});

/** etcd's TLS, between members and with clients. */
export const Tls = Type.Object(
  {
    peer: Type.Object(
      {
        ...TlsFiles('peers', 'peer', 'peer-ca'),
        // One name: etcd has taken lists since 3.5.15 and 3.6.0 alone (etcd-io/etcd#18160 and #18015, read 2026-11-28).
        allowedHostname: Type.Optional(
          Text({
            pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$',
            form: 'a DNS name in lower case without a final dot, for example `etcd.example.com`',
            maxLength: 253,
            description:
              'DNS SAN that the certificates of all peers have, and no other of their CA. Needed, or `allowedCommonName`, where clients have the same CA.',
            examples: ['etcd.example.com'],
          }),
        ),
        allowedCommonName: Type.Optional(
          Text({
            pattern: '^[A-Za-z0-9._:@+-]+$',
            form: 'a name of letters, digits and `._:@+-`, for example `etcd-peer`',
            maxLength: 64,
            description: 'Common name that the certificates of all peers have, and no other of their CA.',
            examples: ['etcd-peer'],
          }),
        ),
      },
      { ...strict, description: 'Between members.' },
    ),
    client: Type.Object(TlsFiles('clients', 'server', 'client-ca'), {
      ...strict,
      description: 'Between members and clients.',
    }),
  },
  { ...strict, description: 'Paths of files on the host. quorumgate carries no key.' },
);

const ConsulTlsFiles = Type.Object(
  {
    ca: HostPath("CA certificates (PEM) that Consul's agents are verified with.", '/etc/consul-tls/ca.crt'),
    cert: Type.Optional(
      HostPath(
        'Certificate (PEM) that the agent shows to others. A server has to have one.',
        '/etc/consul-tls/consul.crt',
      ),
    ),
    key: Type.Optional(HostPath('Its private key (PEM), readable by user `consul`.', '/etc/consul-tls/consul.key')),
  },
  strict,
);

/** TLS between Consul's agents. */
export const ConsulTls = WordOr(['off'], ConsulTlsFiles, {
  description:
    "TLS between Consul's agents, by paths of files on the host (`quorumgate pki` makes them); or `off`. Needs `consul.version`.",
});

const ConsulTokenFiles = Type.Object(
  {
    agent: SecretPath("File with the token of the host's agent.", '/etc/consul-secrets/agent'),
    dns: Type.Optional(
      SecretPath(
        'File with the token for whoever shows none: DNS, and reading on the host.',
        '/etc/consul-secrets/dns',
      ),
    ),
    sidekick: SecretPath('File with the token of the sidekicks.', '/etc/consul-secrets/sidekick'),
  },
  strict,
);

/** Tokens for a Consul with ACLs. */
export const ConsulTokens = WordOr(['off'], ConsulTokenFiles, {
  description:
    'Tokens for a Consul with ACLs, by paths of files on the host, readable by root alone (docs/consul.md); or `off`. What no token allows is denied.',
});
