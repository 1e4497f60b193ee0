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
 * kind of branch would need a landing pad behind each call.
 */
#if defined(__aarch64__) && defined(__LP64__)

#define ROOM 176

    .text
    .globl vow_switch_own
    .hidden vow_switch_own
    .type vow_switch_own, %function
    .p2align 6
vow_switch_own:
    .cfi_startproc
    hint #34 /* bti c */
    sub sp, sp, #ROOM
    .cfi_adjust_cfa_offset ROOM
    stp x19, x20, [sp]
    .cfi_rel_offset x19, 0
    .cfi_rel_offset x20, 8
    stp x21, x22, [sp, #16]
    .cfi_rel_offset x21, 16
    .cfi_rel_offset x22, 24
    stp x23, x24, [sp, #32]
    .cfi_rel_offset x23, 32
    .cfi_rel_offset x24, 40
    stp x25, x26, [sp, #48]
    .cfi_rel_offset x25, 48
    .cfi_rel_offset x26, 56
    stp x27, x28, [sp, #64]
    .cfi_rel_offset x27, 64
    .cfi_rel_offset x28, 72
    stp x29, x30, [sp, #80]
    .cfi_rel_offset x29, 80
    .cfi_rel_offset x30, 88
    stp d8, d9, [sp, #96]
    .cfi_rel_offset d8, 96
    .cfi_rel_offset d9, 104
    stp d10, d11, [sp, #112]
    .cfi_rel_offset d10, 112
    .cfi_rel_offset d11, 120
    stp d12, d13, [sp, #128]
    .cfi_rel_offset d12, 128
    .cfi_rel_offset d13, 136
    stp d14, d15, [sp, #144]
    .cfi_rel_offset d14, 144
    .cfi_rel_offset d15, 152
    mrs x4, fpcr
    str x4, [sp, #160]
    mov x5, sp
    str x5, [x0]
    ldr x5, [x1]
    mov sp, x5
    ldr x6, [sp, #160]
    cmp x4, x6
    b.eq 1f
    msr fpcr, x6
1:
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
    .cfi_restore x19
    .cfi_restore x20
    .cfi_restore x21
    .cfi_restore x22
    .cfi_restore x23
    .cfi_restore x24
    .cfi_restore x25
    .cfi_restore x26
    .cfi_restore x27
    .cfi_restore x28
    .cfi_restore x29
    .cfi_restore x30
    .cfi_restore d8
    .cfi_restore d9
    .cfi_restore d10
    .cfi_restore d11
    .cfi_restore d12
    .cfi_restore d13
    .cfi_restore d14
    .cfi_restore d15
    ret
    .cfi_endproc
    .size vow_switch_own, .-vow_switch_own

/*
 * Where a stack begins: x19 is its function, x20 the argument. Nothing called it: backtraces end here.
 */
    .globl vow_switch_begin
    .hidden vow_switch_begin
    .type vow_switch_begin, %function
    .p2align 4
vow_switch_begin:
    .cfi_startproc
    .cfi_undefined x30
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
