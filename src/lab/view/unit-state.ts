/** The state of one unit by systemd, of which the lab needs little. */
export interface UnitState {
  id: string;
  /** Whether the host knows the unit at all yet. */
  loaded: boolean;
  active: string;
  sub: string;
  statusText: string;
  /** Seconds of the machine's monotonic clock; undefined while it has not happened. */
  activeAt?: number;
  mainStartedAt?: number;
  mainExitedAt?: number;
  result: string;
}

export const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'StatusText',
  'Result',
  'ActiveEnterTimestampMonotonic',
  'ExecMainStartTimestampMonotonic',
  'ExecMainExitTimestampMonotonic',
];

/** Units of `systemctl show -p … UNIT…`: `key=value` lines, an empty line between units. `began`: when the host's clock did. */
export function parseUnits(text: string, began = 0): Map<string, UnitState> {
  const seconds = (microseconds: string | undefined) => {
    const value = Number(microseconds ?? 0);
    return value > 0 ? began + value / 1e6 : undefined;
  };
  const units = new Map<string, UnitState>();
  for (const block of text.split(/\n\n+/)) {
    const get = new Map(
      block.split('\n').map((line) => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)] as const;
      }),
    );
    const id = get.get('Id');
    if (id === undefined) continue;
    const activeAt = seconds(get.get('ActiveEnterTimestampMonotonic'));
    const mainStartedAt = seconds(get.get('ExecMainStartTimestampMonotonic'));
    const mainExitedAt = seconds(get.get('ExecMainExitTimestampMonotonic'));
    units.set(id, {
      id,
      loaded: get.get('LoadState') === 'loaded',
      active: get.get('ActiveState') ?? '',
      sub: get.get('SubState') ?? '',
      statusText: get.get('StatusText') ?? '',
      result: get.get('Result') ?? '',
      ...(activeAt === undefined ? {} : { activeAt }),
      ...(mainStartedAt === undefined ? {} : { mainStartedAt }),
      ...(mainExitedAt === undefined ? {} : { mainExitedAt }),
    });
  }
  return units;
}
