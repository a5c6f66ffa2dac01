import type { PanelWire } from './panel-wire.ts';
import type { Settings } from './settings.ts';
import { benq } from './wires/benq.ts';
import { iiyama } from './wires/iiyama.ts';
import { lg } from './wires/lg.ts';
import { philipsSicp } from './wires/philips-sicp.ts';
import { samsungMdc } from './wires/samsung-mdc.ts';
import { smart } from './wires/smart.ts';
import { viewsonic } from './wires/viewsonic.ts';
import type { WireOptions } from './wires/wire-options.ts';

/** One line a vendor profile: its name in the settings and its wire. */
const wires: Readonly<Record<Settings['profile'], (options: WireOptions) => PanelWire>> = {
  'samsung-mdc': samsungMdc,
  'philips-sicp': philipsSicp,
  iiyama,
  viewsonic,
  benq,
  lg,
  smart,
};

export function createWire(options: WireOptions): PanelWire {
  return wires[options.settings.profile](options);
}
