import { Type } from 'typebox';
import { HostPath, SecretPath, strict } from './parts.ts';

export const ConsulTls = Type.Object(
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
  {
    ...strict,
    description:
      "TLS between Consul's agents, by paths of files on the host (`quorumgate pki` makes them). Needs `consul.version`.",
  },
);

export const ConsulTokens = Type.Object(
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
  {
    ...strict,
    description:
      'Tokens for a Consul with ACLs, by paths of files on the host, readable by root alone (docs/consul.md). What no token allows is denied.',
  },
);
