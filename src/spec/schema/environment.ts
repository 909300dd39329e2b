import { Type } from 'typebox';
import { strict, Text } from './parts.ts';

/** A user would be seen by every user of the host, and is taken here so that a rule can say so. */
const PROXY = '^https?://([^/?#@ ]*@)?([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/?$';

const ProxyUrl = (description: string) =>
  Type.Optional(
    Text({
      pattern: PROXY,
      form: 'a URL of `http://` or `https://`, a host and a port, for example `http://proxy.example.com:3128`',
      maxLength: 300,
      description,
      examples: ['http://proxy.example.com:3128', 'http://10.0.0.1:3128'],
    }),
  );

/** The way out for what hosts fetch. Names as those of Ignition, OpenShift and others. */
export const Environment = Type.Object(
  {
    httpProxy: ProxyUrl('Proxy for `http://` URLs.'),
    httpsProxy: ProxyUrl('Proxy for `https://` URLs.'),
    noProxy: Type.Optional(
      Type.Array(
        Text({
          pattern: '^(\\*|\\.?[A-Za-z0-9:]([A-Za-z0-9.:_-]*[A-Za-z0-9:])?(/[0-9]{1,3})?)$',
          form: 'a host name, a domain (`.example.com`), an address, a network, or `*`',
          maxLength: 253,
        }),
        {
          minItems: 1,
          uniqueItems: true,
          description:
            'Hosts that are asked without a proxy: names, domains, addresses, and networks where the program knows these (curl 7.86 and newer).',
          examples: [['.example.com'], ['10.0.0.5']],
        },
      ),
    ),
  },
  {
    ...strict,
    minProperties: 1,
    description:
      'Proxy for what hosts fetch and install: programs, packages, images, and what does not fit. etcd, Consul and the sidekicks never see it.',
  },
);
