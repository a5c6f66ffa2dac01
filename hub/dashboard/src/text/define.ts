/** One text in both languages. `enOne` is the English singular; such a text is asked for with a `count`. */
interface Text {
  readonly vi: string;
  readonly en: string;
  readonly enOne?: string;
}

export type Texts = Readonly<Record<string, Text>>;

/** Declares texts and keeps their keys as literal types, so that a key that is not there does not compile. */
export function defineTexts<const T extends Texts>(texts: T): T {
  return texts;
}
