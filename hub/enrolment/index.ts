export type { Credentials } from './credentials.ts';
export { createEnrolment, type Enrolment, type EnrolmentDeps, type VoucherView } from './enrolment.ts';
export { EnrolmentError, type EnrolmentErrorCode } from './error.ts';
export type { EnrolmentRegistry } from './ports.ts';
