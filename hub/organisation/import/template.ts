import { writeWorkbook } from '../../sheets/index.ts';

/** The workbook for a table of units, with a sheet that says what goes into each column. */
export function unitsTemplate(): Promise<Buffer> {
  const header = ['Tên đơn vị', 'Mã đơn vị', 'Loại đơn vị', 'Thuộc', 'Cấp học', 'Tầng', 'Tên cũ', 'Từ ngày'];
  return writeWorkbook([
    {
      name: 'Đơn vị',
      header,
      rows: [],
      widths: [36, 14, 16, 28, 18, 8, 30, 14],
      choices: new Map([
        [2, ['Xã, phường', 'Phòng chuyên môn', 'Trường', 'Dãy nhà', 'Phòng']],
        [4, ['Xã', 'Phường', 'Đặc khu', 'Mầm non', 'Tiểu học', 'THCS', 'THPT', 'Liên cấp', 'GDTX']],
      ]),
    },
    {
      name: 'Ví dụ',
      header: ['Cột', 'Ghi thế nào'],
      rows: [
        ['Tên đơn vị', 'bắt buộc'],
        ['Mã đơn vị', 'đơn vị có mã này được cập nhật; chưa có thì thêm mới'],
        ['Loại đơn vị', 'bỏ trống thì lấy loại chọn khi nhập'],
        ['Thuộc', 'mã hoặc tên của đơn vị quản lý; có thể là một dòng khác của tệp này'],
        ['Cấp học', 'của trường; với xã thì ghi Xã, Phường hoặc Đặc khu'],
        ['Tên cũ', 'cách nhau bằng dấu chấm phẩy; tìm theo tên cũ vẫn ra'],
        ['Từ ngày', '1/7/2025'],
      ],
      widths: [18, 80],
    },
  ]);
}
