/** A message as a simulated device sends it. */
export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
}

/** What one kind of device says by MQTT, without the connection. */
export interface Model {
  readonly will: Message;
  readonly subscribe: readonly string[];
  /** Said after each sign-in. */
  greet(): readonly Message[];
  /** What it does and says when something is sent to it. */
  obey(topic: string, payload: string): readonly Message[];
  /** What it says when its own button is pressed. */
  press(): readonly Message[];
  /** Its state, said without being asked. */
  speak(): readonly Message[];
  power: 'on' | 'off';
}
