/*
 * silent.c - a program that bears it badly: without memory it prints something else, says nothing on standard error, and ends
 * with 0. test_faulty.sh knows that the torture finds it.
 */
#include <stdio.h>
#include <vow.h>

int main(void)
{
    vow_promise *promise = vow_succeeded(vow_integer(1));
    bool there = vow_state(promise) == VOW_FULFILLED;
    vow_promise_release(promise);
    puts(there ? "there is memory" : "there is none");
    return 0;
}
