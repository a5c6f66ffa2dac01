import type { ReactNode } from 'react';
import type { Device } from '../../../../../protocols/api/devices.ts';
import type { CapabilityName, CapabilityState } from '../../../../../protocols/fleet/capabilities/index.ts';

/** What the widget of one capability is given. A device may leave out any part of a state, or have told none yet. */
export interface WidgetProps<N extends CapabilityName> {
  readonly state: Partial<CapabilityState<N>>;
  readonly device: Pick<Device, 'id' | 'name' | 'latest'>;
}

export type Widget<N extends CapabilityName> = (props: WidgetProps<N>) => ReactNode;
