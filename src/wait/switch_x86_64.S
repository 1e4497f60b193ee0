/*
 * switch_x86_64.S - the switch from one stack to another, for x86-64 and the System V calling convention.
 *
 *   struct switch_words vow_switch_own(struct stack *from, struct stack *to, uintptr_t first, uintptr_t second)
 *                                      rdi                  rsi               rdx              rcx
 *
 * Saved on the stack that is left, from low to high addresses; its address goes to from->pointer:
 *
 *   | x87 control word | r15 | r14 | r13 | r12 | rbx | rbp | return address |
 *
 * 1. vow_switch_own goes back by a jump instead of a return. The processor predicts a return from the calls that it saw,
 *    and those were made on another stack: it would be wrong each time. Measured: 5 ns for a pair of switches instead
 *    of 18. vow_switch_alike goes back by a return: for those who stop in the same function as the one that goes on,
 *    called by the same ones. Then that prediction is right, and so are those of the returns that follow it; after a
 *    jump each of them would be wrong.
 *    vow_switch_back is vow_switch_own for who has read to->pointer before, and gives that instead of `to`.
 * 2. Of the two floating-point control words the x87's is read (half a nanosecond), MXCSR only when the two stacks' x87
 *    words differ: reading it costs 4 ns. All that C offers (<fenv.h>) sets rounding and exception masks in both
 *    alike, so MXCSR's are then made from the x87's. Flush-to-zero and denormals-are-zero, which only MXCSR has, belong
 *    to the thread as the status flags do.
 * 3. The rows saved are laid out alike on both stacks, so one set of call-frame information holds before and after.
 * 4. Shadow stacks are not switched: where one is active, ucontext is used instead (switch.c).
 */
#if defined(__x86_64__) && defined(__LP64__)

    .text
    .macro switch name, alike, back
    .globl \name
    .hidden \name
    .type \name, @function
    .p2align 6
\name:
    .cfi_startproc
    endbr64
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    fnstcw (%rsp)
    movzwl (%rsp), %r8d
    movq %rsp, (%rdi)
    .if \back
    movq %rsi, %rsp
    .else
    movq (%rsi), %rsp
    .endif
    cmpw (%rsp), %r8w
    jne .Lcontrol\@
.Lrestore\@:
    movq %rdx, %rax
    movq %rcx, %rdx
    .cfi_remember_state
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    .if \alike
    ret
    .else
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    notrack jmp *%rcx
    .endif

    /* The control words differ: the x87's masks (bits 0-5) are MXCSR's bits 7-12, its rounding (10-11) MXCSR's 13-14 */
.Lcontrol\@:
    .cfi_restore_state
    fldcw (%rsp)
    movzwl (%rsp), %r8d
    movl %r8d, %r9d
    andl $0x3f, %r8d
    shll $7, %r8d
    andl $0xc00, %r9d
    shll $3, %r9d
    orl %r9d, %r8d
    stmxcsr 4(%rsp)
    movl 4(%rsp), %r9d
    andl $~0x7f80, %r9d
    orl %r9d, %r8d
    movl %r8d, 4(%rsp)
    ldmxcsr 4(%rsp)
    jmp .Lrestore\@
    .cfi_endproc
    .size \name, .-\name

    .endm

    switch vow_switch_own, 0, 0
    switch vow_switch_alike, 1, 0
    switch vow_switch_back, 0, 1

/*
 *   int vow_switch_around(a, b, c, d, body)
 *                         rdi rsi rdx rcx r8
 *
 * Calls body(a, b, c, d, site), where `site` is the address that this function goes back to, and gives its first word. Its
 * second is the site of the line that stopped last: there the processor expects this one to go back to (1). If it is another
 * site, the way back is a jump, which the processor learns where two lines take turns; so a hand-over costs 8 ns less. The
 * returns after it are then predicted wrong that would have been right: it is for what is called in loops.
 */
    .globl vow_switch_around
    .hidden vow_switch_around
    .type vow_switch_around, @function
    .p2align 6
vow_switch_around:
    .cfi_startproc
    endbr64
    movq %r8, %rax
    movq (%rsp), %r8
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call *%rax
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    cmpq (%rsp), %rdx
    jne .Lother_site
    ret
.Lother_site:
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    notrack jmp *%rcx
    .cfi_endproc
    .size vow_switch_around, .-vow_switch_around

/*
 * Where a stack begins: r12 is its function, r13 the argument. Nothing called it: backtraces end here. It is entered
 * behind the nop: who walks a stack looks for a caller one byte before the address it will return to, and that byte has to
 * be covered by this frame information, too.
 */
    .globl vow_switch_begin
    .hidden vow_switch_begin
    .type vow_switch_begin, @function
    .p2align 4
vow_switch_begin:
    .cfi_startproc
    .cfi_undefined %rip
    nop
    endbr64
    xorl %ebp, %ebp
    movq %r13, %rdi
    call *%r12
    ud2
    .cfi_endproc
    .size vow_switch_begin, .-vow_switch_begin

    /* Branches have landing pads, and no shadow stack is ever left behind (4) */
    .section .note.gnu.property, "a"
    .p2align 3
    .long 4, 16, 5
    .asciz "GNU"
    .long 0xc0000002, 4, 3, 0

#endif

#if defined(__linux__) && defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
