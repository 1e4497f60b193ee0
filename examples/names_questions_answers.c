/*
 * names_questions_answers.c - three requests, each with what the one before has brought, in three ways: as nested
 * callbacks, as a chain of promises, and as straight code that waits.
 *
 * Wanted are the best answers to the questions of all users whose names begin with a letter. The server is part of the
 * program; the fetches are libcurl's, on the same loop (http/).
 */
#include "http/web.h"

#include <stdio.h>
#include <string.h>

/* The server -------------------------------------------------------------------------------------------------------------- */

static vow_value serve(vow_value path, void *context)
{
    static const char *const pages[][2] = {
        {"/names/k", "Karl,Kate"},
        {"/questions/Karl,Kate", "12,17"},
        {"/answers/12,17", "12: use a promise; 17: no, it never blocks"},
    };
    (void)context;
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strcmp(vow_as_text(path), pages[i][0]) == 0)
            return vow_text(pages[i][1]);
    return vow_fail(HTTP_ERROR + 404, "there is no %s", vow_as_text(path));
}

/* The requests. Each gives a promise of a text. */
static vow_promise *request(struct web *web, const char *what, const char *of)
{
    char path[200];
    snprintf(path, sizeof path, "/%s/%s", what, of);
    return web_get(web, path);
}

static bool well = true;

/* What a server answered is printed; what kept it from answering is told on standard error, and the program ends with 1. */
static void print(const char *what, vow_value text)
{
    vow_status status = vow_error_status(text);
    if (status == VOW_OK)
        printf("%s\n", vow_as_text(text));
    else if (status == HTTP_ERROR + 404)
        printf("%s%s\n", what, vow_error_message(text));
    else {
        fprintf(stderr, "%s%s\n", what, vow_error_message(text));
        well = false;
    }
}

/* 1. Nested callbacks: each function begins the next request and names its callback, and each has to look for an error. Who
   reads follows the functions, not the story. ------------------------------------------------------------------------------ */

static void get_text(struct web *web, const char *what, const char *of, vow_fn *callback)
{
    vow_promise *called = vow_add_both(request(web, what, of), callback, web);
    if (vow_state(called) == VOW_REJECTED) { /* there was no memory for the callback */
        fprintf(stderr, "%s of %s: nobody is called back\n", what, of);
        well = false;
    }
    vow_promise_release(called);
}

static vow_value got_answers(vow_value answers, void *web)
{
    (void)web;
    print("no answers: ", answers);
    return vow_none();
}

static vow_value got_questions(vow_value questions, void *web)
{
    if (vow_is_error(questions))
        print("no questions: ", questions);
    else
        get_text(web, "answers", vow_as_text(questions), got_answers);
    return vow_none();
}

static vow_value got_names(vow_value names, void *web)
{
    if (vow_is_error(names))
        print("no names: ", names);
    else
        get_text(web, "questions", vow_as_text(names), got_questions);
    return vow_none();
}

static void nested_callbacks(struct web *web, const char *letter)
{
    get_text(web, "names", letter, got_names);
    uv_run(&web->uv,
           UV_RUN_DEFAULT); /* nothing says when it is done: until nothing is left to happen */
}

/* 2. A chain: functions that return promises, in a row; an error passes the rest by and comes out at the end. -------------- */

static vow_value questions_of(vow_value names, void *web)
{
    return vow_promise_value(request(web, "questions", vow_as_text(names)));
}

static vow_value answers_to(vow_value questions, void *web)
{
    return vow_promise_value(request(web, "answers", vow_as_text(questions)));
}

static vow_promise *promise_chain(struct web *web, const char *letter)
{
    vow_promise *names = request(web, "names", letter);
    vow_promise *questions = vow_then(names, questions_of, web);
    return vow_then(questions, answers_to, web);
}

/* 3. Straight code, as a call of the loop: it waits, and the loop goes on. -------------------------------------------------- */

/* What has come, or the error as it is; takes `of`, from the request before. */
static vow_value wait_for(struct web *web, const char *what, vow_value of)
{
    if (vow_is_error(of))
        return of;
    vow_value text = vow_await(request(web, what, vow_as_text(of)), VOW_FOREVER);
    vow_release(of);
    return text;
}

static vow_value straight(vow_value letter, void *web)
{
    vow_value names = wait_for(web, "names", vow_retain(letter));
    vow_value questions = wait_for(web, "questions", names);
    return wait_for(web, "answers", questions);
}

/* -------------------------------------------------------------------------------------------------------------------------- */

static void show(vow_promise *answers)
{
    vow_value text = vow_await(answers, VOW_FOREVER);
    print("", text);
    vow_release(text);
}

int main(void)
{
    static const char *const letters[] = {"k", "x"};
    struct web web;
    web_open(&web, serve, NULL);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        printf("%s, by nested callbacks: ", letters[i]);
        nested_callbacks(&web, letters[i]);
        printf("%s, by a chain: ", letters[i]);
        show(promise_chain(&web, letters[i]));
        printf("%s, by waiting: ", letters[i]);
        show(vow_submit(vow_loop_scheduler(web.loop), straight, vow_text(letters[i]), &web));
    }
    web_close(&web);
    return well ? 0 : 1;
}
