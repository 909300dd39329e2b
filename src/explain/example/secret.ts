import { type Examples, swap } from './example.ts';

const PEER = 'cert: /etc/etcd/peer.crt, key: /etc/etcd/peer.key, ca: /etc/etcd/peer-ca.crt';
const CLIENT = 'cert: /etc/etcd/server.crt, key: /etc/etcd/server.key, ca: /etc/etcd/client-ca.crt';
const TLS = `tls: {peer: {${PEER}<>}, client: {${CLIENT}}}`;
const CONSUL = 'consul: {servers: members, join: [10.0.0.5], version: 2.1.0, <>}';
const VERSION = 'consul: {servers: members, join: [10.0.0.5], version: 2.1.0}';
const AGENT = 'tls: {ca: /etc/consul-tls/ca.crt, cert: /etc/consul-tls/consul.crt, key: /etc/consul-tls/consul.key}';
const TOKENS = 'agent: /etc/consul-secrets/agent, sidekick: /etc/consul-secrets/sidekick';
const GOSSIP = 'encrypt: /etc/consul-secrets/gossip';

/** Of certificates, keys and tokens, and of how they come. */
export const SECRET: Examples = {
  'tls-peer-names': swap(
    TLS,
    ', allowedCommonName: etcd',
    ', allowedCommonName: etcd, allowedHostname: etcd.example.com',
  ),
  'secrets-source': {
    wrong: [VERSION, 'secrets: {timeout: 60}'],
    right: [VERSION, 'secrets: {command: /usr/local/bin/fetch-secrets, timeout: 60}'],
  },
  'secrets-off': { wrong: ['secrets: off', TLS.replace('<>', '')], right: [TLS.replace('<>', '')] },
  'secrets-unneeded': {
    wrong: [
      'secrets: image',
      TLS.replace('<>', ''),
      CONSUL.replace('<>', `${GOSSIP}, ${AGENT}, tokens: {${TOKENS}, dns: /etc/consul-secrets/dns}`),
    ],
    right: [
      TLS.replace('<>', ''),
      CONSUL.replace('<>', `${GOSSIP}, ${AGENT}, tokens: {${TOKENS}, dns: /etc/consul-secrets/dns}`),
    ],
  },
  'consul-token-dns': swap(CONSUL, `tokens: {${TOKENS}, dns: /etc/consul-secrets/dns}`, `tokens: {${TOKENS}}`),
  'consul-tls-half': swap(CONSUL, AGENT, AGENT.replace(/, key.*/, '}')),
  'consul-tls-server': swap(CONSUL, AGENT, 'tls: {ca: /etc/consul-tls/ca.crt}'),
};
