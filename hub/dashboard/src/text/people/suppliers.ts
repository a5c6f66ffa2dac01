import { defineTexts } from '../define.ts';

/** Suppliers: who delivers devices and looks after them. */
export const supplierTexts = defineTexts({
  'supplier.title': { vi: 'Nhà cung cấp', en: 'Suppliers' },
  'supplier.one': { vi: 'Nhà cung cấp', en: 'Supplier' },
  'supplier.about': {
    vi: 'Người của nhà cung cấp chỉ thấy thiết bị của nhà cung cấp đó, trong phạm vi và thời hạn được cấp. Hãy ghi nhà cung cấp ở từng thiết bị.',
    en: 'People of a supplier see its devices only, within the place and the time that they were given. Name the supplier at each device.',
  },
  'supplier.what': { vi: 'danh sách nhà cung cấp', en: 'the list of suppliers' },
  'supplier.none': { vi: 'Chưa có nhà cung cấp nào.', en: 'There are no suppliers yet.' },
  'supplier.code': { vi: 'Mã', en: 'Code' },
  'supplier.name': { vi: 'Tên', en: 'Name' },
  'supplier.contact': { vi: 'Liên hệ (không bắt buộc)', en: 'Contact (optional)' },
  'supplier.add': { vi: 'Thêm nhà cung cấp', en: 'Add a supplier' },
  'supplier.edit': { vi: 'Sửa', en: 'Change' },
  'supplier.devices': {
    vi: '{{count, number}} thiết bị',
    en: '{{count, number}} devices',
    enOne: '{{count, number}} device',
  },
  'supplier.unset': { vi: 'Không ghi', en: 'None' },
  'supplier.missing': { vi: 'Hãy chọn nhà cung cấp.', en: 'Choose the supplier.' },
  'people.until.must': { vi: 'Đến hết ngày (nhiều nhất hai năm)', en: 'Until the end of (two years at most)' },
  'people.until.missing': {
    vi: 'Vai trò này cần ngày kết thúc, trong vòng hai năm.',
    en: 'This role needs an end, within two years.',
  },
  'people.supplier.short': { vi: '({{supplier}})', en: '({{supplier}})' },
  'did.supplier.create': { vi: 'Thêm nhà cung cấp', en: 'Supplier added' },
  'did.supplier.update': { vi: 'Sửa nhà cung cấp', en: 'Supplier changed' },
});
