/** Who a simulated camera says it is. Plainly fictitious, and stable for one seed. */
export interface CameraIdentity {
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
  /** Deliberately `1.10`-like: whoever takes it for a number loses the zero. */
  readonly firmware: string;
  readonly hardware: string;
  readonly mac: string;
  /** Endpoint of WS-Discovery. */
  readonly endpoint: string;
  readonly hostname: string;
  readonly name: string;
  readonly location: string;
  readonly hasPtz: boolean;
}

const models = [
  { model: 'ES-Dome 2M', hasPtz: false, firmware: '1.10' },
  { model: 'ES-PTZ 4M', hasPtz: true, firmware: '3.2.10' },
  { model: 'ES-Bullet 5M', hasPtz: false, firmware: '2.0.1' },
  { model: 'ES-Turret 2M', hasPtz: false, firmware: '1.9' },
] as const;

const rooms = ['Library gate', 'Stairwell A', 'Yard', 'Lab 2', 'Studio', 'Front gate', 'Canteen', 'Computer room'];

export function identityOf(seed: number): CameraIdentity {
  const { model, hasPtz, firmware } = models[seed % models.length] ?? models[0];
  const hex = seed.toString(16).padStart(6, '0').slice(-6);
  const serial = `SIM${String(seed).padStart(8, '0')}`;
  return {
    vendor: 'Edufleet Sim',
    model,
    serial,
    firmware,
    hardware: '1.0',
    // Locally administered, so that it can never be a real maker's.
    mac: `02:ed:f1:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`,
    endpoint: `urn:uuid:5e1f0000-ed0f-4cae-8a5e-02edf1${hex}`,
    hostname: `es-${serial.toLowerCase()}`,
    name: `${rooms[seed % rooms.length]} ${seed}`,
    location: 'Edufleet Sim School',
    hasPtz,
  };
}
