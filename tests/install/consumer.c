/* A program outside vow's tree: it finds the headers, links, and runs with the version it was built for. */
#include <stdio.h>
#include <string.h>
#include <vow.h>

int main(void)
{
    if (strcmp(vow_version(), VOW_VERSION_TEXT) != 0) {
        printf("built for vow %s, and runs with %s\n", VOW_VERSION_TEXT, vow_version());
        return 1;
    }
    return 0;
}
