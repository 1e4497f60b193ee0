/*
 * frames.c - a camera's frames, in flight to three consumers: one writes them to a file, one keeps statistics, one shows
 * a preview.
 *
 * A port of what Concert's coroutines are for: one source, `inject`ed into a `broadcast`. The camera is a job that writes to a
 * channel of four frames: it waits when the consumers fall behind, so that memory stays bounded. The preview is slow,
 * hence behind a buffer: it works on a pool's worker, and the others do not wait for it. A frame is a box, shared by all
 * of them and copied by none; the last one that lets it go frees it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <vow.h>

enum { WIDTH = 24, HEIGHT = 4, FRAMES = 12 };

struct frame {
    int number;
    unsigned char pixels[HEIGHT][WIDTH];
};

static const struct vow_type frame_type = {.name = "frame"};

/* A bright spot that crosses the picture, and fades. */
static vow_value take_frame(int number)
{
    vow_value value = vow_box_new(&frame_type, sizeof(struct frame));
    struct frame *frame = vow_box_as(&frame_type, value);
    if (frame == NULL)
        return value;
    frame->number = number;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            frame->pixels[y][x] = x / 2 == number ? (unsigned char)(240 - 16 * number) : 8;
    return value;
}

/* A job: frames as fast as they are wanted. Gives how many there were. */
static vow_value run_camera(vow_value input, void *context)
{
    vow_writer *frames = context;
    int taken = 0;
    (void)input;
    for (; taken < FRAMES; taken++) {
        vow_value frame = take_frame(taken);
        if (vow_write(frames, frame, VOW_FOREVER) != VOW_OK) {
            vow_release(
                frame); /* nobody wants it, or it is none for want of memory: it is still ours */
            break;
        }
    }
    vow_writer_release(frames); /* the last writer: the channel ends */
    return vow_integer(taken);
}

/* A generator: yields what comes through the channel. */
static vow_value read_frames(vow_value input, void *context)
{
    vow_value frame;
    (void)input;
    while (!vow_is_end(frame = vow_read_next(context))) {
        if (vow_is_error(frame))
            return frame;
        vow_value sent = vow_yield(frame);
        if (vow_is_error(sent))
            return sent;
    }
    return vow_none();
}

static vow_value write_to_file(vow_value item, void *file)
{
    size_t frames = 0;
    for (; !vow_is_error(item); item = vow_yield(vow_none())) {
        const struct frame *frame = vow_box_as(&frame_type, item);
        frames += fwrite(frame->pixels, sizeof frame->pixels, 1, file);
    }
    printf("written: %zu frames, %zu bytes\n", frames,
           frames * sizeof(((struct frame *)0)->pixels));
    return vow_none();
}

static vow_value keep_statistics(vow_value item, void *context)
{
    int brightest = 0, which = -1;
    (void)context;
    for (; !vow_is_error(item); item = vow_yield(vow_none())) {
        const struct frame *frame = vow_box_as(&frame_type, item);
        for (int x = 0; x < WIDTH; x++)
            if (frame->pixels[0][x] > brightest) {
                brightest = frame->pixels[0][x];
                which = frame->number;
            }
    }
    printf("brightest: %d, in frame %d\n", brightest, which);
    return vow_none();
}

static void show(const struct frame *frame)
{
    printf("frame %d\n", frame->number);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++)
            putchar(" .:-=+*#%@"[frame->pixels[y][x] / 26]);
        puts("|");
    }
}

/* Keeps every fourth frame, and shows them when no more will come. */
static vow_value preview(vow_value item, void *context)
{
    vow_value shown[FRAMES];
    int count = 0, number = 0;
    (void)context;
    for (; !vow_is_error(item); item = vow_yield(vow_none()))
        if (number++ % 4 == 0)
            shown[count++] = vow_retain(item);
    for (int i = 0; i < count; i++) {
        show(vow_box_as(&frame_type, shown[i]));
        vow_release(shown[i]);
    }
    return vow_none();
}

/* Says what went wrong, if anything did. Takes `value`. */
static bool is_well(vow_value value)
{
    bool well = !vow_is_error(value);
    if (!well)
        fprintf(stderr, "%s\n", vow_error_message(value));
    vow_release(value);
    return well;
}

static bool film(FILE *file)
{
    vow_writer *writer;
    vow_reader *reader;
    if (vow_channel_new(4, NULL, &writer, &reader) != VOW_OK)
        return is_well(vow_fail(VOW_NO_MEMORY, "%s", vow_last_error()));
    vow_promise *camera = vow_submit(NULL, run_camera, vow_none(), writer);
    if (vow_state(camera) == VOW_REJECTED) /* it was refused, and will not release it */
        vow_writer_release(writer);

    vow_coroutine *frames = vow_coroutine_new(read_frames, reader);
    vow_coroutine *slow = vow_coroutine_new(preview, NULL);
    vow_coroutine *consumers[] = {
        vow_coroutine_new(write_to_file, file), vow_coroutine_new(keep_statistics, NULL),
        vow_buffer(slow, NULL, FRAMES), /* NULL: the default pool */
    };
    vow_coroutine *broadcast = vow_broadcast(consumers, 3);

    bool well = is_well(vow_inject(frames, broadcast));
    /* Closes all three, in turn: each says what it has done. */
    vow_status closed = vow_coroutine_close(broadcast);
    if (closed != VOW_OK)
        well = is_well(vow_fail(closed, "%s", vow_last_error()));

    vow_coroutine_release(broadcast);
    for (int i = 0; i < 3; i++)
        vow_coroutine_release(consumers[i]);
    vow_coroutine_release(slow);
    vow_coroutine_release(frames);
    vow_reader_release(reader); /* now nobody wants frames: the camera does not wait for it */
    vow_value taken = vow_await(camera, VOW_FOREVER);
    if (!vow_is_error(taken) && vow_as_integer(taken) < FRAMES)
        taken = vow_fail(VOW_USER, "there were %d frames only", (int)vow_as_integer(taken));
    return is_well(taken) && well;
}

int main(void)
{
    FILE *file = tmpfile();
    if (file == NULL) {
        perror("frames");
        return 1;
    }
    bool well = film(file);
    fclose(file);
    return well ? 0 : 1;
}
