export { createDocuments, type Documents } from './documents.ts';
export type { RoomToPrint } from './room-poster.ts';
export type { VoucherToPrint } from './voucher-text.ts';
