/** What can be told to the power of a server; `shutdown` and `restart` ask its operating system, `cut` and `reset` do not. */
export type PowerOrder = 'on' | 'shutdown' | 'cut' | 'restart' | 'reset';

/** The power of a server at one moment. */
export interface PowerView {
  readonly state: 'on' | 'off' | 'starting' | 'stopping' | 'unknown';
  /** Text that changes when the server starts anew; undefined where the controller tells nothing of that kind. */
  readonly mark: string | undefined;
}

/** What seldom changes. */
export interface Facts {
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly serial: string | undefined;
  /** Of the controller. */
  readonly firmware: string | undefined;
  readonly hardware: string | undefined;
  readonly name: string | undefined;
  readonly orders: readonly PowerOrder[];
  readonly parts: readonly {
    readonly kind: string;
    readonly name: string;
    readonly serial?: string;
    readonly detail?: string;
  }[];
}

export type Level = 'ok' | 'warning' | 'error';

export interface Sensor {
  readonly name: string;
  readonly kind: 'temperature' | 'fan' | 'voltage' | 'current' | 'power' | 'share' | 'state';
  /** °C, revolutions a minute, V, A, W, %; undefined where there is none now. */
  readonly value: number | undefined;
  /** `unknown` where the controller does not judge, `absent` where nothing is measured. */
  readonly level: Level | 'unknown' | 'absent';
  /** What a sensor without a number says, where it says anything. */
  readonly words?: string;
}

export interface Fault {
  readonly part: string;
  readonly level: 'warning' | 'error';
  readonly message?: string;
}

/** One line of the controller's event log. */
export interface LogLine {
  /** Stable for one entry: the same entry read twice has the same. */
  readonly key: string;
  /** Milliseconds since the Unix epoch, by the controller's clock; undefined where that was not set. */
  readonly at: number | undefined;
  readonly level: Level;
  readonly part: string;
  readonly message: string;
}

/** Everything that changes. */
export interface Reading {
  readonly power: PowerView;
  readonly sensors: readonly Sensor[];
  /** What the controller finds wrong beside its sensors; undefined while it cannot say. */
  readonly faults: readonly Fault[] | undefined;
  /** Newest last; undefined when it could not be read, or has not changed since the last time. */
  readonly log: readonly LogLine[] | undefined;
  /** Controller's clock minus the agent's; undefined where it does not tell. */
  readonly clockSkewSeconds: number | undefined;
}

/** One controller, whatever it speaks. All methods throw DeviceError. */
export interface Controller extends AsyncDisposable {
  readFacts(signal: AbortSignal): Promise<Facts>;
  read(signal: AbortSignal): Promise<Reading>;
  readPower(signal: AbortSignal): Promise<PowerView>;
  /** Sends one order, once. A lost answer throws `timeout` or `connection-lost`: the order may have been heard. */
  order(order: PowerOrder, signal: AbortSignal): Promise<void>;
}
