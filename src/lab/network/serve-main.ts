import { serve } from './serve.ts';

/** `lab serve` when there is no bundled program around: tests and benches start it from the sources. */
const [address = '', store = '', uploads = '', hosts = '', ready = ''] = process.argv.slice(2);
await serve({ address, store, uploads, hosts, ready });
