// The same from C++: the headers are clean there, and the names have C linkage.
#include <iostream>
#include <string>
#include <vow.h>

int main()
{
    if (std::string(vow_version()) != VOW_VERSION_TEXT) {
        std::cout << "built for vow " << VOW_VERSION_TEXT << ", and runs with " << vow_version() << "\n";
        return 1;
    }
    return 0;
}
