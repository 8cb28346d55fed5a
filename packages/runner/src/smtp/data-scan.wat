;; Looks at mail data 16 bytes at a time (RFC 5321 §4.5.2). data-scan.ts holds this module in its binary form;
;; test/smtp/data-scan.test.ts holds the two together.
(module
  ;; 64 KiB of data from byte 16 on, and room before them.
  (memory (export "memory") 2)

  ;; Returns the start of the first 16 bytes, counted from $at, in which there is a bare CR, a bare LF or a dot after LF;
  ;; where fewer than 16 bytes are left before $end, the start of those. Whether the first byte is one of these depends on
  ;; the byte before it, too, and a CR at the end is taken for one that LF follows.
  (func (export "find") (param $at i32) (param $end i32) (result i32)
    (local $bytes v128) (local $before v128)
    (block $found
      (loop $next
        (br_if $found (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (local.set $before (v128.load (i32.sub (local.get $at) (i32.const 1))))
        (br_if $found
          (v128.any_true
            (v128.or
              ;; LF without CR before it, or something else than LF after CR
              (v128.xor
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 10)))
                (i8x16.eq (local.get $before) (i8x16.splat (i32.const 13))))
              (v128.and
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 46)))
                (i8x16.eq (local.get $before) (i8x16.splat (i32.const 10)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $at)))
