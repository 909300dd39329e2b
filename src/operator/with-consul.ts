import { ConsulError } from '../sidekick/shared/ports.ts';
import { OperatorError } from './operator-error.ts';

/** Makes of Consul's silence, or of its refusal, an error with a remedy. */
export async function withConsul<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    const remedy = /denie[sd]/.test(error.message)
      ? 'Set CONSUL_HTTP_TOKEN to a token whose policy has all of it; docs/operations.md lists what the commands need.'
      : 'Run the command on a host of the cluster, or name an agent that has joined: CONSUL_HTTP_ADDR=host:8500.';
    throw new OperatorError(error.message, remedy, { cause: error });
  }
}
