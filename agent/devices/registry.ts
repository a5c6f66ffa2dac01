import type { Driver } from './driver.ts';
import { genericMqtt } from './generic-mqtt/index.ts';
import { interactiveBoard } from './interactive-board/index.ts';
import { miniPc } from './mini-pc/index.ts';
import { networkDevice } from './network-device/index.ts';
import { onvifCamera } from './onvif-camera/index.ts';
import { pjlinkProjector } from './pjlink-projector/index.ts';
import { rfidGate } from './rfid-gate/index.ts';
import { serverBmc } from './server-bmc/index.ts';
import { studio } from './studio/index.ts';
import { vrHeadset } from './vr-headset/index.ts';

/** Every device family that this agent can speak to; a new one is a folder and a line here. */
export const drivers: readonly Driver[] = [
  genericMqtt,
  interactiveBoard,
  miniPc,
  networkDevice,
  onvifCamera,
  pjlinkProjector,
  rfidGate,
  serverBmc,
  studio,
  vrHeadset,
];

/** The family of the machine that an agent runs on. */
export const hostFamily = miniPc.family;

/** The driver of a family; undefined when this agent has none. */
export function findDriver(family: string): Driver | undefined {
  return drivers.find((driver) => driver.family === family);
}
