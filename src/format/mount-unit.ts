/** A filesystem as systemd mounts it. */
export interface MountPoint {
  path: string;
  device: string;
  type?: string;
  options?: readonly string[];
}

/** The name of a path in the names of units: systemd.unit(5), "String escaping for inclusion in unit names". */
export function escapedPath(path: string): string {
  const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return path
    .replace(/^\//, '')
    .replace(/[^A-Za-z0-9:_./]|^\./g, hex)
    .replaceAll('/', '-');
}

/** Its unit (systemd.mount(5)): wanted and not required, so that a host whose disk is missing still boots and can be looked at. */
export function mountUnit({ path, device, type, options = [] }: MountPoint): { name: string; content: string } {
  const isRemote = /^[^/]+:\//.test(device);
  const lines = [
    '[Unit]',
    `Description=Mount of ${path}`,
    ...(isRemote ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    '',
    '[Mount]',
    `What=${device}`,
    `Where=${path}`,
    ...(type === undefined ? [] : [`Type=${type}`]),
    ...(options.length === 0 ? [] : [`Options=${options.join(',')}`]),
    '',
    '[Install]',
    `WantedBy=${isRemote ? 'remote-fs' : 'local-fs'}.target`,
  ];
  return { name: `${escapedPath(path)}.mount`, content: `${lines.join('\n')}\n` };
}
