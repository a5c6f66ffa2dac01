import type { Camera } from '../camera.ts';
import { durationOf, envelope, escapeText, Fault, type ServiceRequest, textIn } from '../soap.ts';
import { type Relay, relayEvent } from './senses.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string;

function requireRelay({ senses }: Camera, request: ServiceRequest): Relay {
  const token = textIn(request.operation, 'RelayOutputToken');
  const relay = senses.relays.find((candidate) => candidate.token === token);
  if (relay) return relay;
  throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:RelayToken'], 'The relay does not exist');
}

function switchRelay({ senses, traits }: Camera, relay: Relay, isActive: boolean): void {
  if (relay.isActive === isActive) return;
  relay.isActive = isActive;
  if (traits.tellsRelays) senses.tell(relayEvent(relay));
}

/** Outputs as the device service knows them, inputs as Device IO does. */
export const ioService: Readonly<Record<string, Answer>> = {
  'tds:GetRelayOutputs': (camera, request) => {
    const isHere = camera.traits.hasRelaysAtDeviceIo === request.path.includes('deviceio');
    const outputs = (isHere ? camera.senses.relays : []).map(
      ({ token, mode, delayMs, idle }) =>
        `<tds:RelayOutputs token="${escapeText(token)}"><tt:Properties><tt:Mode>${mode}</tt:Mode><tt:DelayTime>PT${delayMs / 1_000}S</tt:DelayTime><tt:IdleState>${idle}</tt:IdleState></tt:Properties></tds:RelayOutputs>`,
    );
    return envelope(`<tds:GetRelayOutputsResponse>${outputs.join('')}</tds:GetRelayOutputsResponse>`);
  },
  'tds:SetRelayOutputSettings': (camera, request) => {
    const relay = requireRelay(camera, request);
    const delayMs = durationOf(textIn(request.operation, 'DelayTime'));
    const mode = textIn(request.operation, 'Mode');
    const idle = textIn(request.operation, 'IdleState');
    if (delayMs === undefined || (mode !== 'Monostable' && mode !== 'Bistable') || !/^(open|closed)$/.test(idle)) {
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:ModeError'], 'No such settings');
    }
    if (!camera.traits.hasStuckRelays) Object.assign(relay, { mode, delayMs, idle });
    return envelope('<tds:SetRelayOutputSettingsResponse/>');
  },
  'tds:SetRelayOutputState': (camera, request) => {
    const relay = requireRelay(camera, request);
    const isActive = textIn(request.operation, 'LogicalState') === 'active';
    if (!camera.traits.hasStuckRelays) {
      switchRelay(camera, relay, isActive);
      if (isActive && relay.mode === 'Monostable') {
        const release = () => switchRelay(camera, relay, false);
        // The end of the simulator is the end of the pulse.
        void camera.clock.wait(relay.delayMs, camera.ending).then(release, () => undefined);
      }
    }
    return envelope('<tds:SetRelayOutputStateResponse/>');
  },
  'tmd:GetDigitalInputs': ({ senses }) => {
    const inputs = senses.inputs.map(
      ({ token }) => `<tmd:DigitalInputs token="${escapeText(token)}" IdleState="open"/>`,
    );
    return envelope(`<tmd:GetDigitalInputsResponse>${inputs.join('')}</tmd:GetDigitalInputsResponse>`);
  },
};
