import { type Camera, cameraNow, type Position } from './camera.ts';
import { attributeOf, durationOf, envelope, escapeText, Fault, findIn, type ServiceRequest, textIn } from './soap.ts';

type Answer = (camera: Camera, request: ServiceRequest) => string;

const space = 'http://www.onvif.org/ver10/tptz';
const defaultTimeoutMs = 10_000;

function vector(tag: string, { pan, tilt, zoom }: Position): string {
  return `<${tag}><tt:PanTilt x="${pan}" y="${tilt}" space="${space}/PanTiltSpaces/PositionGenericSpace"/><tt:Zoom x="${zoom}" space="${space}/ZoomSpaces/PositionGenericSpace"/></${tag}>`;
}

function range(name: string, low: number, high: number): string {
  return `<tt:${name}><tt:Min>${low}</tt:Min><tt:Max>${high}</tt:Max></tt:${name}>`;
}

function requireProfile(camera: Camera, request: ServiceRequest): void {
  const token = textIn(request.operation, 'ProfileToken');
  if (camera.profiles.some((profile) => profile.token === token)) return;
  throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:NoProfile'], 'The profile does not exist');
}

function noPreset(): Fault {
  return new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:NoToken'], 'The preset does not exist');
}

function velocityOf(request: ServiceRequest): Position {
  const velocity = findIn(request.operation, 'Velocity');
  const panTilt = findIn(velocity, 'PanTilt');
  const read = (text: string | undefined) => {
    const value = Number(text ?? 0);
    if (!(Math.abs(value) <= 1))
      throw new Fault(400, 'Sender', ['ter:InvalidArgVal', 'ter:InvalidVelocity'], 'Too fast');
    return value;
  };
  return {
    pan: read(attributeOf(panTilt, 'x')),
    tilt: read(attributeOf(panTilt, 'y')),
    zoom: read(attributeOf(findIn(velocity, 'Zoom'), 'x')),
  };
}

export const ptzService: Readonly<Record<string, Answer>> = {
  'tptz:GetNodes': ({ presets }) =>
    envelope(
      `<tptz:GetNodesResponse><tptz:PTZNode token="node0" FixedHomePosition="true"><tt:Name>Motors</tt:Name><tt:SupportedPTZSpaces><tt:AbsolutePanTiltPositionSpace><tt:URI>${space}/PanTiltSpaces/PositionGenericSpace</tt:URI>${range('XRange', -1, 1)}${range('YRange', -1, 1)}</tt:AbsolutePanTiltPositionSpace><tt:AbsoluteZoomPositionSpace><tt:URI>${space}/ZoomSpaces/PositionGenericSpace</tt:URI>${range('XRange', 0, 1)}</tt:AbsoluteZoomPositionSpace><tt:ContinuousPanTiltVelocitySpace><tt:URI>${space}/PanTiltSpaces/VelocityGenericSpace</tt:URI>${range('XRange', -1, 1)}${range('YRange', -1, 1)}</tt:ContinuousPanTiltVelocitySpace><tt:ContinuousZoomVelocitySpace><tt:URI>${space}/ZoomSpaces/VelocityGenericSpace</tt:URI>${range('XRange', -1, 1)}</tt:ContinuousZoomVelocitySpace></tt:SupportedPTZSpaces><tt:MaximumNumberOfPresets>${presets.length + 16}</tt:MaximumNumberOfPresets><tt:HomeSupported>false</tt:HomeSupported></tptz:PTZNode></tptz:GetNodesResponse>`,
    ),
  'tptz:GetStatus': (camera, request) => {
    requireProfile(camera, request);
    const state = camera.motor.isMoving ? 'MOVING' : 'IDLE';
    const known = camera.traits.tellsPosition
      ? `${vector('tt:Position', camera.motor.position)}<tt:MoveStatus><tt:PanTilt>${state}</tt:PanTilt><tt:Zoom>${state}</tt:Zoom></tt:MoveStatus>`
      : '';
    return envelope(
      `<tptz:GetStatusResponse><tptz:PTZStatus>${known}<tt:UtcTime>${new Date(cameraNow(camera)).toISOString()}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>`,
    );
  },
  'tptz:GetPresets': (camera, request) => {
    requireProfile(camera, request);
    const presets = camera.presets.map(
      ({ token, name, position }) =>
        `<tptz:Preset token="${token}"><tt:Name>${escapeText(name)}</tt:Name>${camera.traits.tellsPosition ? vector('tt:PTZPosition', position) : ''}</tptz:Preset>`,
    );
    return envelope(`<tptz:GetPresetsResponse>${presets.join('')}</tptz:GetPresetsResponse>`);
  },
  'tptz:ContinuousMove': (camera, request) => {
    requireProfile(camera, request);
    const timeoutMs = durationOf(textIn(request.operation, 'Timeout')) ?? defaultTimeoutMs;
    const velocity = velocityOf(request);
    if (!camera.traits.isStuck) camera.motor.drive(velocity, timeoutMs);
    return envelope('<tptz:ContinuousMoveResponse/>');
  },
  'tptz:Stop': (camera, request) => {
    requireProfile(camera, request);
    camera.motor.stop();
    return envelope('<tptz:StopResponse/>');
  },
  'tptz:SetPreset': (camera, request) => {
    requireProfile(camera, request);
    if (camera.motor.isMoving) throw new Fault(500, 'Receiver', ['ter:Action', 'ter:MovingPTZ'], 'It moves');
    const asked = textIn(request.operation, 'PresetToken');
    const known = camera.presets.find(({ token }) => token === asked);
    if (asked !== '' && !known) throw noPreset();
    const token = known?.token ?? String(Math.max(0, ...camera.presets.map((preset) => Number(preset.token))) + 1);
    const name = textIn(request.operation, 'PresetName') || known?.name || `Preset ${token}`;
    if (!camera.traits.isStuck) {
      const others = camera.presets.filter((preset) => preset.token !== token);
      camera.presets = [...others, { token, name, position: camera.motor.position }];
    }
    return envelope(`<tptz:SetPresetResponse><tptz:PresetToken>${token}</tptz:PresetToken></tptz:SetPresetResponse>`);
  },
  'tptz:RemovePreset': (camera, request) => {
    requireProfile(camera, request);
    const token = textIn(request.operation, 'PresetToken');
    if (!camera.presets.some((preset) => preset.token === token)) throw noPreset();
    if (!camera.traits.isStuck) camera.presets = camera.presets.filter((preset) => preset.token !== token);
    return envelope('<tptz:RemovePresetResponse/>');
  },
  'tptz:GotoPreset': (camera, request) => {
    requireProfile(camera, request);
    const preset = camera.presets.find(({ token }) => token === textIn(request.operation, 'PresetToken'));
    if (!preset) throw noPreset();
    if (!camera.traits.isStuck) camera.motor.goTo(preset.position);
    return envelope('<tptz:GotoPresetResponse/>');
  },
};
