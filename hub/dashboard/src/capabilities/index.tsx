import type { ReactNode } from 'react';
import type { Device } from '../../../../protocols/api/devices.ts';
import {
  type CapabilityName,
  type CapabilityState,
  capabilities,
  findCapability,
} from '../../../../protocols/fleet/capabilities/index.ts';
import { AppsWidget } from './equipment/apps.tsx';
import { BatteryWidget } from './equipment/battery.tsx';
import { DiagnosticsWidget } from './equipment/diagnostics.tsx';
import { EnergyWidget } from './equipment/energy.tsx';
import { LockWidget } from './equipment/lock.tsx';
import { MessageWidget } from './equipment/message.tsx';
import { PortsWidget } from './equipment/ports.tsx';
import { SensorsWidget } from './equipment/sensors.tsx';
import { SuppliesWidget } from './equipment/supplies.tsx';
import { UpsWidget } from './equipment/ups.tsx';
import { UsageWidget } from './equipment/usage.tsx';
import { WakeWidget } from './equipment/wake.tsx';
import { FirmwareWidget } from './firmware.tsx';
import { GateWidget } from './gate.tsx';
import { HostWidget } from './host.tsx';
import { IdentityWidget } from './identity.tsx';
import { InputWidget } from './input.tsx';
import { LampWidget } from './lamp.tsx';
import { MotionWidget } from './motion.tsx';
import { FallbackWidget } from './parts/fallback.tsx';
import type { Widget } from './parts/widget.ts';
import { PowerWidget } from './power.tsx';
import { PtzWidget } from './ptz.tsx';
import { ReachabilityWidget } from './reachability.tsx';
import { RecordingWidget } from './rig/recording.tsx';
import { SceneWidget } from './rig/scene.tsx';
import { SoundWidget } from './rig/sound.tsx';
import { StreamingWidget } from './rig/streaming.tsx';
import { StudioWidget } from './rig/studio.tsx';
import { VirtualcameraWidget } from './rig/virtualcamera.tsx';
import { DetectionWidget } from './sensing/detection.tsx';
import { ImagingWidget } from './sensing/imaging.tsx';
import { RelayWidget } from './sensing/relay.tsx';
import { SurroundingsWidget } from './sensing/surroundings.tsx';
import { SnapshotWidget } from './snapshot.tsx';
import { StorageWidget } from './storage.tsx';
import { TagreaderWidget } from './tagreader.tsx';
import { TemperatureWidget } from './temperature.tsx';
import { AccountsWidget } from './upkeep/accounts.tsx';
import { CertificateWidget } from './upkeep/certificate.tsx';
import { ConfigurationWidget } from './upkeep/configuration.tsx';
import { LogWidget } from './upkeep/log.tsx';
import { NetworkWidget } from './upkeep/network.tsx';
import { TimeWidget } from './upkeep/time.tsx';
import { VideoWidget } from './video.tsx';
import { VolumeWidget } from './volume.tsx';
import './capabilities.css';

/** One widget a capability, most telling first; this is also the order on the page. */
const widgets: { readonly [N in CapabilityName]: Widget<N> } = {
  reachability: ReachabilityWidget,
  studio: StudioWidget,
  recording: RecordingWidget,
  streaming: StreamingWidget,
  scene: SceneWidget,
  sound: SoundWidget,
  virtualcamera: VirtualcameraWidget,
  power: PowerWidget,
  wake: WakeWidget,
  input: InputWidget,
  video: VideoWidget,
  volume: VolumeWidget,
  lamp: LampWidget,
  temperature: TemperatureWidget,
  diagnostics: DiagnosticsWidget,
  sensors: SensorsWidget,
  lock: LockWidget,
  message: MessageWidget,
  energy: EnergyWidget,
  usage: UsageWidget,
  snapshot: SnapshotWidget,
  ptz: PtzWidget,
  motion: MotionWidget,
  detection: DetectionWidget,
  relay: RelayWidget,
  surroundings: SurroundingsWidget,
  imaging: ImagingWidget,
  gate: GateWidget,
  tagreader: TagreaderWidget,
  ups: UpsWidget,
  supplies: SuppliesWidget,
  ports: PortsWidget,
  battery: BatteryWidget,
  apps: AppsWidget,
  storage: StorageWidget,
  host: HostWidget,
  firmware: FirmwareWidget,
  time: TimeWidget,
  network: NetworkWidget,
  accounts: AccountsWidget,
  certificate: CertificateWidget,
  configuration: ConfigurationWidget,
  log: LogWidget,
  identity: IdentityWidget,
};

const order = Object.keys(widgets);

/** Names of capabilities in the order of the page; those it does not know come last. */
export function inOrder(names: readonly string[]): readonly string[] {
  const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...names].sort((a, b) => place(a) - place(b) || a.localeCompare(b));
}

function known<N extends CapabilityName>(name: N, state: unknown, device: Device): ReactNode {
  const read = capabilities[name].state.partial().safeParse(state);
  if (!read.success) return undefined;
  const View: Widget<N> = widgets[name];
  return <View state={read.data as Partial<CapabilityState<N>>} device={device} />;
}

/** What a device reports for one capability, drawn by what it is and never by who made it. */
export function CapabilityWidget({ name, device }: { readonly name: string; readonly device: Device }) {
  const state = device.reported[name]?.state ?? {};
  const drawn = findCapability(name) ? known(name as CapabilityName, state, device) : undefined;
  return drawn ?? <FallbackWidget state={state} />;
}
