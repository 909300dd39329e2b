import { type Command, Option } from 'commander';
import { clientFiles } from '../../operator/settings.ts';
import type { Spec } from '../../spec/defaults.ts';

export const REACH = `
Environment:
  CONSUL_HTTP_ADDR   a Consul agent that has joined (default: http://127.0.0.1:8500)
  CONSUL_HTTP_TOKEN  its token, where Consul asks for one
`;

/** With which etcd is reached, and which cluster is meant. */
export interface Reach {
  cert?: string;
  key?: string;
  cacert?: string;
  lineage?: string;
}

/** Adds the options of commands that ask etcd. */
export function withReach(command: Command): Command {
  return command
    .addOption(new Option('--cert <file>', 'client certificate, where the spec has TLS').env('ETCDCTL_CERT'))
    .addOption(new Option('--key <file>', 'its key').env('ETCDCTL_KEY'))
    .addOption(new Option('--cacert <file>', 'the CA of the members').env('ETCDCTL_CACERT'))
    .option('--lineage <id>', 'which cluster of this name, where Consul has several')
    .addHelpText('after', REACH);
}

/** The files that they name. @throws OperatorError, IoError */
export function reachFiles(spec: Spec, { cert, key, cacert }: Reach) {
  return clientFiles(spec, { cert, key, ca: cacert });
}
