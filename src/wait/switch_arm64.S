/*
 * switch_arm64.S - the switch from one stack to another, for arm64 and its procedure call standard.
 *
 *   struct switch_words vow_switch_own(struct stack *from, struct stack *to, uintptr_t first, uintptr_t second)
 *                                      x0                   x1               x2               x3
 *
 * Saved on the stack that is left, from low to high addresses; its address goes to from->pointer:
 *
 *   | x19 … x28 | x29, x30 | d8 … d15 | FPCR, unused |
 *
 * FPCR is written only where the two stacks' differ. It goes back by `ret`: with branch target identification another
 * kind of branch would need a landing pad behind each call. vow_switch_back is the same for who has read to->pointer before,
 * and gives that instead of `to`.
 */
#if defined(__aarch64__) && defined(__LP64__)

#define ROOM 176

    .text

    /* Saves two registers, and notes where for call-frame information */
    .macro save first, second, at
    stp \first, \second, [sp, #\at]
    .cfi_rel_offset \first, \at
    .cfi_rel_offset \second, \at + 8
    .endm

    .macro restored first, second
    .cfi_restore \first
    .cfi_restore \second
    .endm

    .macro switch name, back
    .globl \name
    .hidden \name
    .type \name, %function
    .p2align 6
\name:
    .cfi_startproc
    hint #34 /* bti c */
    sub sp, sp, #ROOM
    .cfi_adjust_cfa_offset ROOM
    save x19, x20, 0
    save x21, x22, 16
    save x23, x24, 32
    save x25, x26, 48
    save x27, x28, 64
    save x29, x30, 80
    save d8, d9, 96
    save d10, d11, 112
    save d12, d13, 128
    save d14, d15, 144
    mrs x4, fpcr
    str x4, [sp, #160]
    mov x5, sp
    str x5, [x0]
    .if \back
    mov sp, x1
    .else
    ldr x5, [x1]
    mov sp, x5
    .endif
    ldr x6, [sp, #160]
    cmp x4, x6
    b.eq .Lrestore\@
    msr fpcr, x6
.Lrestore\@:
    ldp x19, x20, [sp]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    mov x0, x2
    mov x1, x3
    add sp, sp, #ROOM
    .cfi_adjust_cfa_offset -ROOM
    restored x19, x20
    restored x21, x22
    restored x23, x24
    restored x25, x26
    restored x27, x28
    restored x29, x30
    restored d8, d9
    restored d10, d11
    restored d12, d13
    restored d14, d15
    ret
    .cfi_endproc
    .size \name, .-\name
    .endm

    switch vow_switch_own, 0
    switch vow_switch_back, 1

/*
 * Where a stack begins: x19 is its function, x20 the argument. Nothing called it: backtraces end here. It is entered
 * behind the nop: who walks a stack looks for a caller one instruction before the address it will return to, and that one
 * has to be covered by this frame information, too.
 */
    .globl vow_switch_begin
    .hidden vow_switch_begin
    .type vow_switch_begin, %function
    .p2align 4
vow_switch_begin:
    .cfi_startproc
    .cfi_undefined x30
    nop
    hint #36 /* bti j: `ret` needs none, a debugger's jump may */
    mov x29, xzr
    mov x30, xzr
    mov x0, x20
    blr x19
    brk #0
    .cfi_endproc
    .size vow_switch_begin, .-vow_switch_begin

    /* Branches have landing pads; return addresses are not signed */
    .section .note.gnu.property, "a"
    .p2align 3
    .word 4, 16, 5
    .asciz "GNU"
    .word 0xc0000000, 4, 1, 0

#endif

#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
