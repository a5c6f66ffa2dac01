import { defineTexts } from '../define.ts';

/** Sign-in by a passkey. */
export const passkeyTexts = defineTexts({
  'passkey.title': { vi: 'Khóa đăng nhập (passkey)', en: 'Passkeys' },
  'passkey.what': {
    vi: 'Vào bằng vân tay, khuôn mặt hoặc mã mở máy của điện thoại hay máy tính, không cần mật khẩu và mã sáu chữ số. Vân tay và khuôn mặt không rời khỏi máy của bạn.',
    en: 'Sign in by the fingerprint, face or PIN of your phone or computer, without password and code. They never leave your device.',
  },
  'passkey.list': { vi: 'danh sách khóa đăng nhập', en: 'the list of passkeys' },
  'passkey.none': { vi: 'Bạn chưa có khóa đăng nhập nào.', en: 'You have no passkeys.' },
  'passkey.add': { vi: 'Thêm khóa đăng nhập', en: 'Add a passkey' },
  'passkey.add.first': {
    vi: 'Nhập mật khẩu, rồi trình duyệt sẽ hỏi cách mở khóa. Khóa đầu tiên làm các phiên khác của bạn kết thúc.',
    en: 'Enter your password, then your browser asks how to unlock it. Your first passkey ends your other sessions.',
  },
  'passkey.name': { vi: 'Đặt tên để nhận ra', en: 'A name to know it by' },
  'passkey.name.example': { vi: 'Ví dụ: điện thoại của tôi', en: 'For example: my phone' },
  'passkey.added': { vi: 'Đã thêm khóa đăng nhập', en: 'The passkey was added' },
  'passkey.known': {
    vi: 'Máy này đã có khóa đăng nhập của bạn. Dùng khóa đó, hoặc thêm bằng máy khác.',
    en: 'This device has a passkey of yours already. Use it, or add one on another device.',
  },
  'passkey.dismissed': {
    vi: 'Trình duyệt chưa nhận được khóa. Hãy thử lại và mở khóa khi được hỏi.',
    en: 'The browser got no passkey. Try again, and unlock it when you are asked.',
  },
  'passkey.synced': { vi: 'có bản sao ở tài khoản của máy', en: 'copied to the account of the device' },
  'passkey.added.at': { vi: 'thêm', en: 'added' },
  'passkey.used': { vi: 'dùng lần cuối', en: 'last used' },
  'passkey.unused': { vi: 'chưa dùng', en: 'not used yet' },
  'passkey.remove': { vi: 'Gỡ', en: 'Remove' },
  'passkey.remove.title': { vi: 'Gỡ khóa đăng nhập', en: 'Remove the passkey' },
  'passkey.remove.text': {
    vi: 'Khóa "{{name}}" không vào được nữa, và các phiên đã mở bằng khóa đó kết thúc. Hãy xóa nó cả trong máy.',
    en: '"{{name}}" gets in no more, and sessions that it opened end. Delete it on the device too.',
  },
  'passkey.removed': { vi: 'Đã gỡ khóa đăng nhập', en: 'The passkey was removed' },
  'passkey.signIn': { vi: 'Đăng nhập bằng passkey', en: 'Sign in with a passkey' },
  'passkey.wrong': {
    vi: 'Khóa này không dùng được ở đây: đã bị gỡ, hoặc tài khoản chưa dùng khóa được. Hãy đăng nhập bằng mật khẩu hoặc nhờ quản trị viên.',
    en: 'This passkey does not work here: it was removed, or the account may not use it. Sign in with your password, or ask an administrator.',
  },
  'passkey.required': {
    vi: 'Mật khẩu đúng, nhưng vai trò của bạn cần thêm khóa đăng nhập. Hãy bấm "Đăng nhập bằng passkey". Mất khóa? Quản trị viên gỡ giúp bạn.',
    en: 'The password is right, but your role asks for your passkey. Press "Sign in with a passkey". Lost it? An administrator can take it off.',
  },
  'passkey.why.plain-http': {
    vi: 'Chưa dùng được: hệ thống đang mở bằng http thường. Trình duyệt chỉ cho dùng khóa đăng nhập ở địa chỉ https có tên miền. Hãy nhờ người phụ trách máy chủ bật https.',
    en: 'Not possible yet: this system is reached by plain http. Browsers allow passkeys only at an https address with a name. Ask whoever runs the server to turn https on.',
  },
  'passkey.why.ip-address': {
    vi: 'Chưa dùng được: hệ thống đang mở bằng địa chỉ số (IP). Trình duyệt chỉ cho dùng khóa đăng nhập ở địa chỉ có tên miền. Hãy nhờ người phụ trách máy chủ đặt tên miền.',
    en: 'Not possible yet: this system is reached by an IP address. Browsers allow passkeys only at an address with a name. Ask whoever runs the server to give it one.',
  },
  'passkey.why.other-address': {
    vi: 'Khóa đăng nhập gắn với địa chỉ {{origin}}. Hãy mở hệ thống bằng địa chỉ đó.',
    en: 'Passkeys belong to {{origin}}. Open the system at that address.',
  },
  'passkey.why.no-browser': {
    vi: 'Trình duyệt này chưa hỗ trợ khóa đăng nhập. Hãy cập nhật trình duyệt, hoặc dùng Chrome, Edge, Safari bản mới.',
    en: 'This browser knows no passkeys. Update it, or use a recent Chrome, Edge or Safari.',
  },
  'passkey.or.code': { vi: 'Dùng mã sáu chữ số', en: 'Use six-digit codes' },
  'passkey.or.key': { vi: 'Dùng khóa đăng nhập (passkey)', en: 'Use a passkey' },
  'people.passkeys': {
    vi: 'có {{count, number}} khóa đăng nhập',
    en: '{{count, number}} passkeys',
    enOne: '{{count, number}} passkey',
  },
  'did.passkey.add': { vi: 'Thêm khóa đăng nhập', en: 'Passkey added' },
  'did.passkey.remove': { vi: 'Gỡ khóa đăng nhập', en: 'Passkey removed' },
});
