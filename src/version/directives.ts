/** The versions of systemd that directives of the units came with. */
export const DIRECTIVES = {
  source:
    '"Added in version" of systemd.unit(5), .service, .exec, .resource-control, .path, .timer; Debian 257.13-1~deb13u1',
  date: '2026-11-25',
  since: {
    AccuracySec: 209,
    AmbientCapabilities: 229,
    Delegate: 218,
    DynamicUser: 232,
    IPAddressAllow: 235,
    IPAddressDeny: 235,
    LockPersonality: 235,
    MemoryDenyWriteExecute: 231,
    MemoryMax: 231,
    NoNewPrivileges: 187,
    PrivateDevices: 209,
    PrivateMounts: 239,
    ProtectClock: 245,
    ProtectControlGroups: 232,
    ProtectHome: 214,
    ProtectHostname: 242,
    ProtectKernelLogs: 244,
    ProtectKernelModules: 232,
    ProtectKernelTunables: 232,
    ProtectProc: 247,
    ProtectSystem: 214,
    ReadWritePaths: 231,
    RemoveIPC: 232,
    RestrictAddressFamilies: 211,
    RestrictNamespaces: 233,
    RestrictRealtime: 231,
    RestrictSUIDSGID: 242,
    RuntimeDirectory: 211,
    RuntimeDirectoryMode: 211,
    RuntimeDirectoryPreserve: 235,
    StartLimitIntervalSec: 229,
    StateDirectory: 235,
    StateDirectoryMode: 235,
    SystemCallArchitectures: 209,
    SystemCallErrorNumber: 209,
    SystemCallFilter: 187,
    TasksMax: 227,
    TimeoutStartSec: 188,
    UnsetEnvironment: 235,
  } as Readonly<Record<string, number>>,
  /** Those that the pages give no version for, or 201, when they began to. */
  always: new Set(
    `After Before BindsTo CapabilityBoundingSet Conflicts DefaultDependencies Description Documentation Environment
    EnvironmentFile ExecReload ExecStart ExecStartPre ExecStopPost Group KillMode LimitCORE LimitFSIZE LimitNOFILE LimitNPROC NotifyAccess OOMScoreAdjust OnActiveSec OnFailure
    OnUnitInactiveSec PartOf PathChanged DeviceAllow DevicePolicy PrivateNetwork PrivateTmp RemainAfterExit RequiresMountsFor Restart RestartSec SupplementaryGroups Type
    UMask User WantedBy Wants WorkingDirectory`.split(/\s+/),
  ) as ReadonlySet<string>,
};

/** Values that are younger than their directives. */
export const VALUES = {
  source: 'NEWS of systemd',
  date: '2026-11-25',
  since: [
    { entry: /^Type=exec$/, since: 240 },
    { entry: /^ProtectSystem=strict$/, since: 232 },
    { entry: /^SystemCallFilter=@system-service$/, since: 239 },
    { entry: /^TimeoutStartSec=infinity$/, since: 229 },
    { entry: /^ProtectProc=invisible$/, since: 247 },
    { entry: /^Exec\w+=!/, since: 235 },
  ],
};
