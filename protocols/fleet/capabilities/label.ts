/** A label in both languages of the product. */
export interface Label {
  readonly vi: string;
  readonly en: string;
}
