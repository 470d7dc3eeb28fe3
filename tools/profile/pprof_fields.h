/* pprof_fields.h - the numbers of what is used of Google's profile.proto, and of its wire. */
#ifndef HALLOC_PROFILE_PPROF_FIELDS_H
#define HALLOC_PROFILE_PPROF_FIELDS_H

#define PPROF_NOT_RECORDED "not recorded" /* the function of call sites without a stack */

enum { PPROF_NUMBER, PPROF_EIGHT, PPROF_BYTES, PPROF_FOUR = 5 }; /* how a field's value is stored */
enum {
    PROFILE_TYPE = 1,
    PROFILE_SAMPLE,
    PROFILE_MAPPING,
    PROFILE_LOCATION,
    PROFILE_FUNCTION,
    PROFILE_STRING,
    PROFILE_USUAL = 14
};
enum { TYPE_NAME = 1, TYPE_UNIT };
enum { SAMPLE_LOCATION = 1, SAMPLE_VALUE };
enum { MAPPING_ID = 1, MAPPING_FILE = 5, MAPPING_HAS_FUNCTIONS = 7 };
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_NUMBER };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE };

#endif
